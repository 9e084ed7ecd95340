// SPDX-License-Identifier: Apache-2.0
public import Pricing

extension CostAnswer {
    /// The answer's rows and what is said about them, ready to be written.
    ///
    /// CSV has `start` if the query has a step, the dimensions, `line` if lines are groups, `egress_bytes`,
    /// `ingress_bytes`, `cost`, `currency` and `cost_basis`. Groups that the limit left unnamed are rows of
    /// ``UsageAnswer/otherName``. If lines are groups, a byte that meets several is counted in each, in the total
    /// too, and a row without a line is of bytes that no line charges.
    public var report: Report {
        let lines = Self.lines(rows, other, names: query.groupNames)
        return Report(
            columns: query.columns(currency: book.currency),
            count: lines.count,
            row: { index in
                query.cells(
                    lines[index],
                    cost: digits.text(lines[index].sum.cost),
                    currency: book.currency,
                    basis: "estimate"
                )
            },
            head: { self.writeHead(&$0) },
            tail: { self.writeTail(&$0) },
            table: { style in
                let shown = Digits.shown(for: total.cost, of: digits)
                return query.table(lines, total: total, of: digits, shown: shown, currency: book.currency, style)
                    + notes(style, shown)
            },
            fields: fields
        )
    }

    private var fields: AnswerFields {
        var fields = AnswerFields(missing: missing)
        fields.add(AnswerFields.resolution, resolution.rawValue)
        fields.add(AnswerFields.basis, "estimate")
        return fields
    }

    /// The names of the groups' values.
    public var groupNames: [String] {
        query.groupNames
    }

    /// The rows, each bucket's unnamed groups after its named ones.
    ///
    /// - Parameter names: The names of the groups' values.
    static func lines(_ rows: [Row], _ other: (groups: Int, rows: [Row])?, names: [String]) -> [Row] {
        guard let other else { return rows }
        let name = names.map { _ in UsageAnswer.otherName }
        let others = other.rows.map { Row(bucketStart: $0.bucketStart, group: name, sum: $0.sum) }
        return (rows + others).enumerated()
            .sorted { ($0.element.bucketStart, $0.offset) < ($1.element.bucketStart, $1.offset) }
            .map(\.element)
    }

    private func writeHead(_ json: inout JSONWriter) {
        json.member("start", UTCTime(secondsSinceEpoch: query.usage.start).description)
        json.member("end", UTCTime(secondsSinceEpoch: query.usage.end).description)
        json.key("step")
        json.step(of: query.usage)
        json.member("resolution", resolution.rawValue)
        json.completeness(missing)
        json.key("group_by")
        json.beginArray()
        for name in query.groupNames { json.value(name) }
        json.endArray()
        json.member("cost_basis", "estimate")
        json.member("currency", book.currency)
        json.key("book")
        json.beginObject()
        json.members(book)
        json.endObject()
    }

    private func writeTail(_ json: inout JSONWriter) {
        json.key("lines")
        json.beginArray()
        for line in lines {
            json.beginObject()
            json.member("line", line.name)
            json.member("charge", line.charge)
            json.members(line.sum, digits)
            json.key("rates")
            json.beginArray()
            for rate in line.rates { json.value(rate, for: query.usage.visibility) }
            json.endArray()
            json.endObject()
        }
        json.endArray()
        if let other {
            json.key("other")
            json.beginObject()
            json.member("groups", other.groups)
            json.members(other.rows.reduce(into: Sum()) { $0 += $1.sum }, digits)
            json.endObject()
        }
        json.key("total")
        json.beginObject()
        json.members(total, digits)
        json.endObject()
        if let unpriced {
            json.key("unpriced")
            json.beginObject()
            json.member("egress_bytes", unpriced.egressBytes)
            json.member("ingress_bytes", unpriced.ingressBytes)
            json.endObject()
        }
    }

    /// What a reader of the table must know: whose prices, and what they leave out.
    private func notes(_ style: TableStyle, _ shown: Digits) -> [String] {
        var notes = [
            "Estimate in \(book.currency) by the price book \(book.name.printable)"
                + (book.isExample ? ", an EXAMPLE of list prices" : "")
                + (book.retrieved.isEmpty ? "." : ", read on \(book.retrieved).")
        ]
        let costs = shown.texts(lines.map(\.sum.cost), of: digits)
        for (line, cost) in zip(lines, costs) where line.sum.egressBytes > 0 || line.sum.ingressBytes > 0 {
            notes.append(
                "  \(line.name.printable): \(cost) for \(style.units.text(line.sum.egressBytes)) egress, "
                    + "\(style.units.text(line.sum.ingressBytes)) ingress"
                    + (line.rates.contains { !$0.tariff.isFlat } ? "; tiers, shared by bytes within each month" : "")
            )
        }
        if query.byLine { notes.append("  A byte that meets several lines is counted in each.") }
        if let unpriced, unpriced.egressBytes > 0 || unpriced.ingressBytes > 0 {
            notes.append(
                "  no line: \(style.units.text(unpriced.egressBytes)) egress, "
                    + "\(style.units.text(unpriced.ingressBytes)) ingress"
            )
        }
        return notes + missing.notes
    }
}

extension Digits {
    /// `amounts`, which are in units of the last digit of `other`, written with these fewer decimals so that they
    /// add up to their rounded sum.
    public func texts(_ amounts: [Int128], of other: Digits) -> [String] {
        let money = amounts.map { other.money($0) ?? .zero }
        return (Apportionment.rounded(money, to: self) ?? []).map { text($0) }
    }
}

extension JSONWriter {
    /// Writes the step of `query`: seconds, or the text of one that goes by the calendar.
    mutating func step(of query: UsageQuery) {
        if let step = query.step {
            value(step)
        } else if let calendar = query.calendar {
            value(calendar.text)
        } else {
            null()
        }
    }

    /// Writes whether an answer has everything of its range, and what was pruned of it.
    mutating func completeness(_ missing: [UsageFacts.Span]) {
        key("complete")
        value(missing.isEmpty)
        key("pruned")
        spans(missing)
    }

    /// Writes what identifies a price book, as members of the object that is open.
    mutating func members(_ book: PriceBook) {
        member("name", book.name)
        member("fingerprint", book.fingerprint)
        member("start", UTCTime(secondsSinceEpoch: book.start).description)
        key("end")
        if let end = book.end { value(UTCTime(secondsSinceEpoch: end).description) } else { null() }
        key("example")
        value(book.isExample)
        member("source", book.source)
        member("retrieved", book.retrieved)
    }

    /// Writes bytes and cost as members of the object that is open.
    mutating func members(_ sum: CostAnswer.Sum, _ digits: Digits) {
        member("egress_bytes", sum.egressBytes)
        member("ingress_bytes", sum.ingressBytes)
        member("cost", digits.text(sum.cost))
    }

    /// Writes `rate` as an object; what is in the month as a whole only for those who may see everything.
    fileprivate mutating func value(_ rate: CostAnswer.Rate, for visibility: Visibility) {
        beginObject()
        member("start", UTCTime(secondsSinceEpoch: rate.span.lowerBound).description)
        member("end", UTCTime(secondsSinceEpoch: rate.span.upperBound).description)
        member("unit", rate.tariff.unit.rawValue)
        key("tiers")
        beginArray()
        for tier in rate.tariff.tiers {
            beginObject()
            member("above_bytes", tier.above)
            member("price", tier.price.description)
            endObject()
        }
        endArray()
        if visibility == .everything, let bytes = rate.monthBytes { member("month_bytes", bytes) }
        endObject()
    }
}
