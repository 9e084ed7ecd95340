// SPDX-License-Identifier: Apache-2.0
import Queries

/// All series of a ledger, and the classes that rollups sum them by.
struct SeriesDirectory: Sendable {
    /// The dimensions that a rollup keeps; queries by these alone can be answered from one.
    static let rollupDimensions: Set<Dimension> = [
        .cluster, .ownerKind, .namespace, .workloadKind, .workload, .initiator, .scope, .network, .nat,
    ]

    private static let rollupOrder = Dimension.allCases.filter(rollupDimensions.contains)

    /// By series id minus 1.
    private(set) var series: [SeriesKey] = []
    /// By series id minus 1, the id of the first series with the same values of ``rollupDimensions``.
    private(set) var representatives: [Int32] = []
    private var representativeByClass: [[String]: Int32] = [:]

    init() {}

    /// Adds the series with the next id.
    mutating func append(_ key: SeriesKey) {
        series.append(key)
        let values = Self.rollupOrder.map { key[$0] }
        let representative = representativeByClass[values, default: Int32(series.count)]
        if Int(representative) == series.count { representativeByClass[values] = representative }
        representatives.append(representative)
    }

    /// True if a rollup tells apart what `query` asks for.
    static func rollsUp(_ query: UsageQuery) -> Bool {
        query.filteredDimensions.union(query.groupBy).isSubset(of: rollupDimensions)
    }
}
