// SPDX-License-Identifier: Apache-2.0

/// The rows of a ``CostAnswer`` in its order, and what its limit leaves unnamed.
struct CostRanking {
    let rows: [CostAnswer.Row]
    let other: (groups: Int, rows: [CostAnswer.Row])?
    let total: CostAnswer.Sum

    init(_ sheet: CostSheet, costs: CostSheet.Costs) {
        var sums = sheet.bytes
        for index in sums.indices { sums[index].cost = costs.ofCell[index] }
        self.init(sheet.plan.query, groups: sheet.groups, cells: sheet.cells, sums: sums)
    }

    init(_ query: CostQuery, _ sums: [AllocatedSheet.Cell: CostAnswer.Sum]) {
        var numbers: [[String]: Int] = [:]
        var groups: [[String]] = []
        let cells = sums.keys.map { cell in
            let number = numbers[cell.group] ?? groups.count
            if number == groups.count {
                numbers[cell.group] = number
                groups.append(cell.group)
            }
            return CostSheet.Cell(bucketStart: cell.bucketStart, group: number)
        }
        self.init(query, groups: groups, cells: cells, sums: Array(sums.values))
    }

    /// - Parameters:
    ///   - groups: Each group once.
    ///   - cells: Each place once.
    ///   - sums: What is in each of `cells`.
    private init(_ query: CostQuery, groups: [[String]], cells: [CostSheet.Cell], sums: [CostAnswer.Sum]) {
        var totals = [CostAnswer.Sum](repeating: .init(), count: groups.count)
        var total = CostAnswer.Sum()
        for (cell, sum) in zip(cells, sums) {
            totals[cell.group] += sum
            total += sum
        }
        let ranked = totals.indices.sorted { left, right in
            let (one, two) = (query.order.key(totals[left]), query.order.key(totals[right]))
            if one != two { return one > two }
            return groups[left].lexicographicallyPrecedes(groups[right])
        }
        var ranks = [Int](repeating: 0, count: ranked.count)
        for (rank, group) in ranked.enumerated() { ranks[group] = rank }
        let named = min(query.usage.limit ?? .max, ranked.count)
        var rows: [(rank: Int, row: CostAnswer.Row)] = []
        var others: [Int64: CostAnswer.Sum] = [:]
        for (index, cell) in cells.enumerated() {
            if ranks[cell.group] < named {
                rows.append(
                    (
                        ranks[cell.group],
                        .init(bucketStart: cell.bucketStart, group: groups[cell.group], sum: sums[index])
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
