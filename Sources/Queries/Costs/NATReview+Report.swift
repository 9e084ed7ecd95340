// SPDX-License-Identifier: Apache-2.0
import Pricing
import Traffic

extension NATReview {
    /// The review's rows and what is said about them, ready to be written.
    ///
    /// CSV has `start` if the query has a step, the dimensions, `nat_egress_bytes`, `nat_ingress_bytes`, `nat_bytes`,
    /// `assumed_bytes`, `cost`, `currency` and `cost_basis`; the last three are empty without a price book.
    public var report: Report {
        let lines = allRows
        return Report(
            columns: columns,
            count: lines.count,
            row: { index in self.cells(lines[index]) },
            head: { self.writeHead(&$0) },
            tail: { self.writeTail(&$0) },
            table: { self.table($0) },
            fields: AnswerFields(missing: missing)
        )
    }

    private var columns: [Report.Column] {
        var columns: [Report.Column] = !query.isStepped ? [] : [.init("start", title: "START")]
        columns += query.groupBy.map { .init($0.rawValue, title: $0.rawValue.uppercased()) }
        columns += [
            .init("nat_egress_bytes", title: "EGRESS", isNumber: true),
            .init("nat_ingress_bytes", title: "INGRESS", isNumber: true),
            .init("nat_bytes", title: "THROUGH NAT", isNumber: true),
            .init("assumed_bytes", title: "OF IT ASSUMED", isNumber: true),
            .init("cost", title: book.map { "COST \($0.currency)" }, isNumber: true),
            .init("currency", title: nil),
            .init("cost_basis", title: nil),
        ]
        return columns
    }

    private var allRows: [Row] {
        guard let other else { return rows }
        let others = other.rows.map { row in
            var row = row
            row.group = query.groupBy.map { _ in UsageAnswer.otherName }
            return row
        }
        return (rows + others).enumerated()
            .sorted { ($0.element.bucketStart, $0.offset) < ($1.element.bucketStart, $1.offset) }
            .map(\.element)
    }

    private func cells(_ row: Row) -> [Report.Cell] {
        var cells: [Report.Cell] = []
        if query.isStepped { cells.append(.text(UTCTime(secondsSinceEpoch: row.bucketStart).description)) }
        cells += row.group.map { .text($0) }
        cells += [
            .bytes(row.counters.egressBytes), .bytes(row.counters.ingressBytes), .bytes(row.bytes),
            .bytes(row.assumedBytes),
        ]
        cells +=
            row.cost.map { [.decimal(digits.text($0)), .text(book?.currency ?? ""), .text("estimate")] }
            ?? [.null, .null, .null]
        return cells
    }

    private func writeHead(_ json: inout JSONWriter) {
        json.member("start", UTCTime(secondsSinceEpoch: query.start).description)
        json.member("end", UTCTime(secondsSinceEpoch: query.end).description)
        json.key("step")
        json.step(of: query)
        json.completeness(missing)
        json.key("group_by")
        json.beginArray()
        for dimension in query.groupBy { json.value(dimension.rawValue) }
        json.endArray()
        json.key("book")
        if let book {
            json.beginObject()
            json.members(book)
            json.endObject()
        } else {
            json.null()
        }
    }

    private func writeTail(_ json: inout JSONWriter) {
        json.key("total")
        json.beginObject()
        for (column, cell) in zip(columns, cells(total)).suffix(7) {
            json.key(column.name)
            json.value(cell)
        }
        json.endObject()
        if let other { json.member("other_groups", other.groups) }
        json.key("unknown")
        json.beginObject()
        json.member("egress_bytes", unknown.egressBytes)
        json.member("ingress_bytes", unknown.ingressBytes)
        json.endObject()
    }

    private func table(_ style: TableStyle) -> [String] {
        let lines = allRows
        let shown = Digits.shown(for: total.cost ?? 0, of: digits)
        let costs = shown.texts(lines.map { $0.cost ?? 0 }, of: digits)
        var table = TextTable(
            columns.compactMap { column in column.title.map { TextTable.Column($0, isNumber: column.isNumber) } }
        )
        func numbers(_ row: Row, _ cost: String) -> [String] {
            [row.counters.egressBytes, row.counters.ingressBytes, row.bytes, row.assumedBytes].map(style.units.text)
                + (book == nil ? [] : [cost])
        }
        for (row, cost) in zip(lines, costs) {
            let start = !query.isStepped ? [] : [UTCTime(secondsSinceEpoch: row.bucketStart).description]
            table.append(start + row.group.map { $0.isEmpty ? "-" : $0 } + numbers(row, cost))
        }
        let labels = query.groupBy.count + (query.isStepped ? 1 : 0)
        if labels > 0 {
            let sum = shown.texts([total.cost ?? 0], of: digits)
            table.append(["TOTAL"] + Array(repeating: "", count: labels - 1) + numbers(total, sum.first ?? ""))
        }
        var notes = [
            "\(UTCTime(secondsSinceEpoch: query.start)) to \(UTCTime(secondsSinceEpoch: query.end)): bytes that NAT "
                + "gateways charge for, both directions of what was started from inside"
        ]
        notes += table.lines(width: style.width)
        if let book {
            notes.append(
                "Estimate in \(book.currency) by the price book \(book.name.printable)"
                    + (book.isExample ? ", an EXAMPLE of list prices." : ".")
            )
        }
        if !unknown.isZero {
            notes.append(
                "Not in it: \(style.units.text(unknown.egressBytes)) egress and "
                    + "\(style.units.text(unknown.ingressBytes)) ingress were booked before the ledger kept routes."
            )
        }
        return notes + missing.notes
    }
}

extension Digits {
    /// Cents, or more decimals for a `total` that cents would not show.
    ///
    /// - Parameters:
    ///   - total: In units of the last digit of `other`.
    ///   - other: The digits of the amounts.
    static func shown(for total: Int128, of other: Digits) -> Digits {
        let one = Digits(0).money(1).map { other.rounded($0) } ?? 1
        return total.magnitude >= one.magnitude || total == 0 ? .cents : Digits(6)
    }
}
