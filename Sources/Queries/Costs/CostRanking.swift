// SPDX-License-Identifier: Apache-2.0

/// The rows of a ``CostAnswer`` in its order, and what its limit leaves unnamed.
struct CostRanking {
    let rows: [CostAnswer.Row]
    let other: (groups: Int, rows: [CostAnswer.Row])?
    let total: CostAnswer.Sum

    init(_ sheet: CostSheet, costs: CostSheet.Costs) {
        var totals = [CostAnswer.Sum](repeating: .init(), count: sheet.groups.count)
        var total = CostAnswer.Sum()
        var sums = sheet.bytes
        for (index, cell) in sheet.cells.enumerated() {
            sums[index].cost = costs.ofCell[index]
            totals[cell.group] += sums[index]
            total += sums[index]
        }
        let query = sheet.plan.query
        let ranked = totals.indices.sorted { left, right in
            let (one, two) = (query.order.key(totals[left]), query.order.key(totals[right]))
            if one != two { return one > two }
            return sheet.groups[left].lexicographicallyPrecedes(sheet.groups[right])
        }
        var ranks = [Int](repeating: 0, count: ranked.count)
        for (rank, group) in ranked.enumerated() { ranks[group] = rank }
        let named = min(query.usage.limit ?? .max, ranked.count)
        var rows: [(rank: Int, row: CostAnswer.Row)] = []
        var others: [Int64: CostAnswer.Sum] = [:]
        for (index, cell) in sheet.cells.enumerated() {
            if ranks[cell.group] < named {
                rows.append(
                    (
                        ranks[cell.group],
                        .init(bucketStart: cell.bucketStart, group: sheet.groups[cell.group], sum: sums[index])
                    )
                )
            } else {
                others[cell.bucketStart, default: .init()] += sums[index]
            }
        }
        rows.sort { ($0.row.bucketStart, $0.rank) < ($1.row.bucketStart, $1.rank) }
        self.rows = rows.map(\.row)
        self.total = total
        other =
            named == ranked.count
            ? nil
            : (
                ranked.count - named,
                others.sorted { $0.key < $1.key }.map { .init(bucketStart: $0.key, group: [], sum: $0.value) }
            )
    }
}

extension CostQuery.Order {
    /// What sorts groups, largest first; the same for all if only their values do.
    fileprivate func key(_ sum: CostAnswer.Sum) -> Int128 {
        switch self {
        case .cost: sum.cost
        case .bytes: Int128(sum.egressBytes) + Int128(sum.ingressBytes)
        case .group: 0
        }
    }
}
