// SPDX-License-Identifier: Apache-2.0
import Exposition
import Ledger
import Synchronization

/// The rendered labels of the pod counters, kept from scrape to scrape.
///
/// The ledger only ever appends labels, so what was rendered once stays right.
final class PodSeries: Sendable {
    private let rendered = Mutex(
        SeriesPrefixes(names: ["namespace", "pod_name", "pod_initiated", "internet", "same_region", "same_zone"])
    )

    /// The labels of `counters`, at the same indices.
    ///
    /// There may be more at the end, which another scrape has read since `counters` was taken.
    func labels(of counters: PodCounters) -> SeriesPrefixes {
        rendered.withLock { series in
            for labels in counters.labels.dropFirst(series.count) {
                series.append([
                    labels.namespace,
                    labels.podName,
                    String(labels.podInitiated),
                    String(labels.internet),
                    String(labels.sameRegion),
                    String(labels.sameZone),
                ])
            }
            return series
        }
    }
}
