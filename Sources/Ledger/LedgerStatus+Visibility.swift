// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

extension LedgerStatus {
    /// What `published` tells somebody who may see `visibility`: the size of the file and losses are of all.
    init(of published: Published, within visibility: Visibility) {
        var known: Set<NodeName> = []
        var count = 0
        for series in published.directory.series where visibility.includes(namespace: series.namespace) {
            known.insert(NodeName(series))
            count += 1
        }
        var sum = FlowCounters.zero
        let counters = published.podCounters
        for (labels, value) in zip(counters.labels, counters.values)
        where visibility.includes(namespace: labels.namespace) {
            sum.addSaturating(value)
        }
        self.init(
            nodes: published.nodes.filter {
                known.contains(NodeName($0.source))
            },
            losses: [],
            accounts: [],
            totals: sum,
            series: count,
            fileBytes: 0,
            schemaVersion: Schema.version
        )
    }
}
