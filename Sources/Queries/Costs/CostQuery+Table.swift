// SPDX-License-Identifier: Apache-2.0
import Pricing

/// How answers about money are written, whatever they are by.
extension CostQuery {
    /// The names of the groups' values.
    var groupNames: [String] {
        usage.groupBy.map(\.rawValue) + (byLine ? [Self.lineName] : [])
    }

    func columns(currency: String) -> [Report.Column] {
        var columns: [Report.Column] = !usage.isStepped ? [] : [.init("start", title: "START")]
        columns += groupNames.map { .init($0, title: $0.uppercased()) }
        columns += [
            .init("egress_bytes", title: "EGRESS", isNumber: true),
            .init("ingress_bytes", title: "INGRESS", isNumber: true),
            .init("cost", title: "COST \(currency)", isNumber: true),
            .init("currency", title: nil),
            .init("cost_basis", title: nil),
        ]
        return columns
    }

    func cells(_ row: CostAnswer.Row, cost: String, currency: String, basis: String) -> [Report.Cell] {
        var cells: [Report.Cell] = []
        if usage.isStepped { cells.append(.text(UTCTime(secondsSinceEpoch: row.bucketStart).description)) }
        cells += row.group.map { .text($0) }
        cells += [
            .bytes(row.sum.egressBytes), .bytes(row.sum.ingressBytes), .decimal(cost), .text(currency), .text(basis),
        ]
        return cells
    }

    /// One line for each group; with a step, its buckets are a line of small bars.
    func table(
        _ lines: [CostAnswer.Row],
        total: CostAnswer.Sum,
        of digits: Digits,
        shown: Digits,
        currency: String,
        _ style: TableStyle
    ) -> [String] {
        let groups = groups(lines)
        let costs = shown.texts(groups.map(\.sum.cost), of: digits)
        var table = TextTable(
            columns(currency: currency)
                .compactMap { column in
                    column.name == "start" ? nil : column.title.map { .init($0, isNumber: column.isNumber) }
                } + (usage.isStepped ? [.init("COST OVER TIME")] : [])
        )
        func numbers(_ sum: CostAnswer.Sum, _ cost: String) -> [String] {
            [style.units.text(sum.egressBytes), style.units.text(sum.ingressBytes), cost]
        }
        for (group, cost) in zip(groups, costs) {
            table.append(
                group.values.map { $0.isEmpty ? "-" : $0 } + numbers(group.sum, cost)
                    + (usage.isStepped ? [Sparkline.text(group.costs)] : [])
            )
        }
        if !groupNames.isEmpty {
            let sum = numbers(total, shown.texts([total.cost], of: digits).first ?? "")
            table.append(["TOTAL"] + groupNames.dropFirst().map { _ in "" } + sum)
        }
        return [
            "\(UTCTime(secondsSinceEpoch: usage.start)) to \(UTCTime(secondsSinceEpoch: usage.end))"
                + (usage.stepText.map { ", every \($0)" } ?? "")
        ] + table.lines(width: style.width)
    }

    /// The groups in their order, with their sums and what each bucket cost.
    private func groups(
        _ lines: [CostAnswer.Row]
    ) -> [(values: [String], sum: CostAnswer.Sum, costs: [Int128])] {
        let buckets = usage.buckets.map(\.lowerBound)
        var places: [[String]: Int] = [:]
        var groups: [(values: [String], sum: CostAnswer.Sum, costs: [Int128])] = []
        for row in lines {
            let place = places[row.group] ?? groups.count
            if place == groups.count {
                places[row.group] = place
                groups.append((row.group, CostAnswer.Sum(), Array(repeating: 0, count: buckets.count)))
            }
            groups[place].sum += row.sum
            groups[place].costs[buckets.partitioningIndex { $0 > row.bucketStart } - 1] += row.sum.cost
        }
        let other = groupNames.map { _ in UsageAnswer.otherName }
        // What is unnamed comes last; the first bucket may lack a group that the next one has.
        return groups.enumerated()
            .sorted { left, right in
                let (one, two) = (left.element.values == other, right.element.values == other)
                if one != two { return two }
                if order == .cost, left.element.sum.cost != right.element.sum.cost {
                    return left.element.sum.cost > right.element.sum.cost
                }
                return left.offset < right.offset
            }
            .map(\.element)
    }
}
