// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Everything ever booked to the series of each node.
struct NodeTotals: Sendable {
    private var indexByNode: [NodeName: Int] = [:]
    private var totals: [FlowCounters] = []
    /// For each series of the ledger, by id minus 1, the index of its node.
    private var indexBySeries: [Int32] = []

    /// The sum of `node`.
    subscript(node: NodeName) -> FlowCounters {
        indexByNode[node].map { totals[$0] } ?? .zero
    }

    /// Makes room for the series with the next id.
    mutating func append(_ series: SeriesKey) {
        let node = NodeName(series)
        let index = indexByNode[node, default: totals.count]
        if index == totals.count {
            indexByNode[node] = index
            totals.append(.zero)
        }
        indexBySeries.append(Int32(index))
    }

    /// Adds `counters` of the series with `id` to its node's sum, which stays at its largest if it gets there.
    mutating func add(_ counters: FlowCounters, seriesID id: Int) {
        totals[Int(indexBySeries[id - 1])].addSaturating(counters)
    }
}
