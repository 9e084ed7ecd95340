// SPDX-License-Identifier: Apache-2.0
import Pricing

extension DiffAnswer {
    /// The answer's rows and what is said about them, ready to be written.
    ///
    /// CSV has the dimensions, `before_bytes`, `after_bytes`, `change_bytes`, `before_cost`, `after_cost`,
    /// `change_cost` and `currency`; the last four are empty without a price book.
    public var report: Report {
        let lines = allRows
        return Report(
            columns: columns,
            count: lines.count,
            row: { index in self.cells(lines[index]) },
            head: { self.writeHead(&$0) },
            tail: { json in
                json.key("total")
                json.beginObject()
                for (column, cell) in zip(self.columns, self.cells(self.total)).suffix(7) {
                    json.key(column.name)
                    json.value(cell)
                }
                json.endObject()
                if let other = self.other { json.member("other_groups", other.groups) }
            },
            table: { self.table($0) },
            fields: AnswerFields(missing: missingBefore + missingAfter)
        )
    }

    private var columns: [Report.Column] {
        query.after.groupBy.map { .init($0.rawValue, title: $0.rawValue.uppercased()) } + [
            .init("before_bytes", title: "BEFORE", isNumber: true),
            .init("after_bytes", title: "AFTER", isNumber: true),
            .init("change_bytes", title: "CHANGE", isNumber: true),
            .init("before_cost", title: nil), .init("after_cost", title: nil),
            .init("change_cost", title: book.map { "CHANGE \($0.currency)" }, isNumber: true),
            .init("currency", title: nil),
        ]
    }

    private var allRows: [Row] {
        guard let other else { return rows }
        var row = other.sum
        row.group = query.after.groupBy.map { _ in UsageAnswer.otherName }
        return rows + [row]
    }

    private func cells(_ row: Row) -> [Report.Cell] {
        var cells: [Report.Cell] = row.group.map { .text($0) }
        cells += [.signed(row.bytesBefore), .signed(row.bytesAfter), .signed(row.bytesChange)]
        guard let book else { return cells + [.null, .null, .null, .null] }
        return cells + [
            .decimal(digits.text(row.costBefore)), .decimal(digits.text(row.costAfter)),
            .decimal(digits.text(row.costChange)), .text(book.currency),
        ]
    }

    private func writeHead(_ json: inout JSONWriter) {
        for (name, time, missing) in [("before", query.before, missingBefore), ("after", query.after, missingAfter)] {
            json.key(name)
            json.beginObject()
            json.member("start", UTCTime(secondsSinceEpoch: time.start).description)
            json.member("end", UTCTime(secondsSinceEpoch: time.end).description)
            json.completeness(missing)
            json.endObject()
        }
        json.key("group_by")
        json.beginArray()
        for dimension in query.after.groupBy { json.value(dimension.rawValue) }
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

    private func table(_ style: TableStyle) -> [String] {
        func bytes(_ count: Int128) -> String {
            (count < 0 ? "-" : "") + style.units.text(UInt64(clamping: count.magnitude))
        }
        func change(_ count: Int128) -> String { (count > 0 ? "+" : "") + bytes(count) }
        let lines = allRows
        let shown = Digits.shown(for: lines.reduce(total.costChange) { max($0, abs($1.costChange)) }, of: digits)
        let costs = shown.texts(lines.map(\.costChange), of: digits)
        var table = TextTable(
            columns.compactMap { column in column.title.map { TextTable.Column($0, isNumber: column.isNumber) } }
        )
        func append(_ labels: [String], _ row: Row, _ cost: String) {
            table.append(
                labels + [bytes(row.bytesBefore), bytes(row.bytesAfter), change(row.bytesChange)]
                    + (book == nil ? [] : [(row.costChange > 0 ? "+" : "") + cost])
            )
        }
        for (row, cost) in zip(lines, costs) { append(row.group.map { $0.isEmpty ? "-" : $0 }, row, cost) }
        if !query.after.groupBy.isEmpty {
            let sum = shown.texts([total.costChange], of: digits).first ?? ""
            append(["TOTAL"] + query.after.groupBy.dropFirst().map { _ in "" }, total, sum)
        }
        let spans = [query.before, query.after]
            .map { "\(UTCTime(secondsSinceEpoch: $0.start)) to \(UTCTime(secondsSinceEpoch: $0.end))" }
        var notes = ["From \(spans[0])", "to   \(spans[1])"]
        let (one, two) = (query.before.end - query.before.start, query.after.end - query.after.start)
        if one != two { notes.append("The two times are not equally long.") }
        return notes + table.lines(width: style.width) + (missingBefore + missingAfter).notes
    }
}
