// SPDX-License-Identifier: Apache-2.0
import Pricing

extension AllocatedCosts {
    /// The rows and what is said about them, ready to be written; the columns are those of ``CostAnswer/report``.
    ///
    /// `line` is what a bill's line is for (``BillKind``). A byte that meets several is counted in each. Amounts have
    /// twelve decimals and are exact. JSON says in `charges`, for each kind, what was billed, and of it what the rows have,
    /// what went elsewhere (other times of the same bill, groups that filters leave out) and what is unexplained.
    public var report: Report {
        let lines = CostAnswer.lines(rows, other, names: query.groupNames)
        return Report(
            columns: query.columns(currency: currency),
            count: lines.count,
            row: { index in
                query.cells(
                    lines[index],
                    cost: digits.text(lines[index].sum.cost),
                    currency: currency,
                    basis: "allocated"
                )
            },
            head: { writeHead(&$0) },
            tail: { writeTail(&$0) },
            table: { table(lines, $0) },
            fields: fields
        )
    }

    private var fields: AnswerFields {
        var fields = AnswerFields(missing: missing, unbilled: unbilled)
        fields.add(AnswerFields.basis, "allocated")
        return fields
    }

    private func writeHead(_ json: inout JSONWriter) {
        json.member("start", UTCTime(secondsSinceEpoch: query.usage.start).description)
        json.member("end", UTCTime(secondsSinceEpoch: query.usage.end).description)
        json.key("step")
        json.step(of: query.usage)
        json.key("complete")
        json.value(missing.isEmpty && unbilled.isEmpty)
        json.key("pruned")
        json.spans(missing)
        json.key("unbilled")
        json.spans(unbilled)
        json.key("group_by")
        json.beginArray()
        for name in query.groupNames { json.value(name) }
        json.endArray()
        json.member("cost_basis", "allocated")
        json.member("currency", currency)
        json.key("bills")
        json.beginArray()
        for bill in bills {
            json.beginObject()
            json.members(bill)
            json.endObject()
        }
        json.endArray()
    }

    private func writeTail(_ json: inout JSONWriter) {
        if let other {
            json.key("other")
            json.beginObject()
            json.member("groups", other.groups)
            json.members(other.rows.reduce(into: CostAnswer.Sum()) { $0 += $1.sum }, digits)
            json.endObject()
        }
        json.key("total")
        json.beginObject()
        json.members(total, digits)
        json.endObject()
        guard showsCharges else { return }
        json.key("charges")
        json.beginArray()
        for charge in charges {
            json.beginObject()
            json.member("line", charge.kind.rawValue)
            json.member("billed", digits.text(charge.billed))
            json.member("shown", digits.text(charge.shown))
            json.member("elsewhere", digits.text(charge.elsewhere))
            json.member("unexplained", digits.text(charge.unexplained))
            json.member("billed_bytes", UInt64(clamping: charge.billedBytes))
            json.member("measured_bytes", UInt64(clamping: charge.measuredBytes))
            json.endObject()
        }
        json.endArray()
    }

    private func table(_ lines: [CostAnswer.Row], _ style: TableStyle) -> [String] {
        let shown = Digits.shown(for: total.cost, of: digits)
        var notes = ["Allocated from bills in \(currency): \(bills.map(\.name.printable).joined(separator: ", "))."]
        for charge in charges where showsCharges {
            let parts = shown.texts([charge.shown, charge.elsewhere, charge.unexplained], of: digits)
            let coverage =
                charge.billedBytes == 0
                ? "the bill says no bytes"
                : "measured \(style.units.text(UInt64(clamping: charge.measuredBytes))) of "
                    + "\(style.units.text(UInt64(clamping: charge.billedBytes))) billed"
            notes.append(
                "  \(charge.kind.rawValue): \(shown.texts([charge.billed], of: digits).joined()) billed, \(parts[0]) here, "
                    + "\(parts[1]) elsewhere, \(parts[2]) unexplained; \(coverage)"
            )
        }
        for span in unbilled {
            notes.append(
                "No bill for \(UTCTime(secondsSinceEpoch: span.start)) to \(UTCTime(secondsSinceEpoch: span.end))"
            )
        }
        return query.table(lines, total: total, of: digits, shown: shown, currency: currency, style)
            + notes + missing.notes
    }
}

extension JSONWriter {
    /// Writes what identifies a saved bill, as members of the object that is open.
    public mutating func members(_ bill: SavedBill) {
        member("name", bill.name)
        member("start", UTCTime(secondsSinceEpoch: bill.start).description)
        member("end", UTCTime(secondsSinceEpoch: bill.end).description)
        member("currency", bill.currency)
        member("saved_at", UTCTime(secondsSinceEpoch: bill.savedAt).description)
        member("hash", bill.hash)
    }
}
