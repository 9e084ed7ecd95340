// SPDX-License-Identifier: Apache-2.0
import Queries

/// Which series a query counts, and to which of its groups each belongs.
struct SeriesSelection {
    /// Values of the query's `groupBy`, one element per group.
    private(set) var groups: [[String]] = []
    /// Ids of the series that count, ascending.
    private(set) var members: [Int] = []
    /// For each series, by id minus 1, the index of its group, or -1 if it does not count.
    private(set) var groupBySeries: [Int32]

    /// The selection that `query` makes from `series`, which are in the order of their ids.
    init(_ query: UsageQuery, from series: some Collection<SeriesKey>) {
        groupBySeries = Array(repeating: -1, count: series.count)
        var indexByGroup: [[String]: Int32] = [:]
        let filters = query.filters.map { (dimension: $0.key, values: $0.value) }
        for (index, key) in series.enumerated() {
            guard filters.allSatisfy({ $0.values.contains(key[$0.dimension]) }) else { continue }
            let group = query.groupBy.map { key[$0] }
            let groupIndex = indexByGroup[group, default: Int32(groups.count)]
            if Int(groupIndex) == groups.count {
                indexByGroup[group] = groupIndex
                groups.append(group)
            }
            members.append(index + 1)
            groupBySeries[index] = groupIndex
        }
    }
}
