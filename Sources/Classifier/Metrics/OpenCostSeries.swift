// SPDX-License-Identifier: Apache-2.0
import Exposition
import Ledger
import Queries
import Synchronization
import Traffic

/// The counters in the families that OpenCost reads, rendered labels kept from scrape to scrape.
///
/// They are the pod counters without `pod_initiated`, so at most four for each pod and family: internet, same zone,
/// same region, and everything else.
final class OpenCostSeries: Sendable {
    private struct Key: Hashable {
        var pod: String
        var namespace: String
        var internet: Bool
        var sameZone: Bool
        var sameRegion: Bool
    }

    private struct State: Sendable {
        var prefixes = SeriesPrefixes(names: ["pod_name", "namespace", "internet", "same_zone", "same_region"])
        var indices: [Key: Int] = [:]
        /// For each series of the ledger's counters, the one here that it is part of.
        var target: [Int] = []
    }

    private let state = Mutex(State())

    /// Writes both families, as far as `visibility` goes.
    func write(_ counters: PodCounters, within visibility: Visibility, to text: inout MetricsText) {
        let (prefixes, target) = state.withLock { state in
            for labels in counters.labels.dropFirst(state.target.count) {
                let key = Key(
                    pod: labels.podName,
                    namespace: labels.namespace,
                    internet: labels.internet,
                    sameZone: labels.sameZone,
                    sameRegion: labels.sameRegion
                )
                let index = state.indices[key, default: state.indices.count]
                if index == state.indices.count {
                    state.indices[key] = index
                    state.prefixes.append([
                        key.pod, key.namespace, String(key.internet), String(key.sameZone), String(key.sameRegion),
                    ])
                }
                state.target.append(index)
            }
            return (state.prefixes, state.target)
        }
        var egress = [UInt64?](repeating: nil, count: prefixes.count)
        var ingress = egress
        for (series, index) in zip(counters.values.indices, target) {
            let value = counters.values[series]
            guard visibility == .everything || visibility.includes(namespace: counters.labels[series].namespace) else {
                continue
            }
            egress[index] = Self.sum(egress[index], value.egressBytes)
            ingress[index] = Self.sum(ingress[index], value.ingressBytes)
        }
        text.family(
            "kubecost_pod_network_egress_bytes_total",
            help: "Layer 3 bytes sent by a pod, for OpenCost.",
            kind: .counter,
            series: prefixes
        ) { egress[$0] }
        text.family(
            "kubecost_pod_network_ingress_bytes_total",
            help: "Layer 3 bytes received by a pod, for OpenCost.",
            kind: .counter,
            series: prefixes
        ) { ingress[$0] }
    }

    private static func sum(_ sum: UInt64?, _ bytes: UInt64) -> UInt64 {
        let (total, overflow) = (sum ?? 0).addingReportingOverflow(bytes)
        return overflow ? .max : total
    }
}
