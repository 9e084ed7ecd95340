// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

extension LedgerStatus {
    /// What `published` tells somebody who may see `visibility`: the size of the file and losses are of all.
    init(of published: Published, within visibility: Visibility) {
        struct NodeName: Hashable {
            var cluster: String
            var node: String
        }
        var known: Set<NodeName> = []
        var count = 0
        for series in published.series where visibility.includes(namespace: series.namespace) {
            known.insert(NodeName(cluster: series.cluster, node: series.node))
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
                known.contains(NodeName(cluster: $0.source.cluster, node: $0.source.node))
            },
            losses: [],
            totals: sum,
            series: count,
            fileBytes: 0,
            schemaVersion: Schema.version
        )
    }
}
