// SPDX-License-Identifier: Apache-2.0
import Pricing
import Traffic

extension BillAllocation {
    /// What stands in every dimension's column of what has no measured cause.
    public static let unexplainedName = "(unexplained)"

    /// The parts and what is said about them, ready to be written.
    public var report: Report {
        let digits = Digits(decimals)
        return Report(
            columns: [.init("charge", title: "CHARGE")]
                + dimensions.map { .init($0.rawValue, title: $0.rawValue.uppercased()) }
                + [
                    .init("bytes", title: "BYTES", isNumber: true),
                    .init("cost", title: "COST \(currency)", isNumber: true), .init("currency", title: nil),
                    .init("cost_basis", title: nil),
                ],
            count: rows.count,
            row: { index in self.cells(self.rows[index], digits) },
            head: { json in
                json.member("cost_basis", "allocated")
                json.member("currency", self.currency)
            },
            tail: { self.writeTail(&$0, digits) },
            table: { self.table($0, digits) }
        )
    }

    /// An amount in 10^-12 in units of the last digit that is written: the bill has no more digits.
    private func shown(_ cost: Int128) -> Int128 {
        cost / (decimals..<Bill.decimals).reduce(Int128(1)) { unit, _ in unit * 10 }
    }

    private func cells(_ row: Row, _ digits: Digits) -> [Report.Cell] {
        let group = row.group.isEmpty ? dimensions.map { _ in Self.unexplainedName } : row.group
        return [.text(row.kind.rawValue)] + group.map { .text($0) } + [
            .bytes(UInt64(clamping: row.bytes)), .decimal(digits.text(shown(row.cost))), .text(currency),
            .text("allocated"),
        ]
    }

    private func writeTail(_ json: inout JSONWriter, _ digits: Digits) {
        json.key("charges")
        json.beginArray()
        for sum in sums {
            json.beginObject()
            json.member("charge", sum.kind.rawValue)
            json.member("billed", digits.text(shown(sum.billed)))
            json.member("allocated", digits.text(shown(sum.billed - sum.unexplained)))
            json.member("unexplained", digits.text(shown(sum.unexplained)))
            json.member("billed_bytes", UInt64(clamping: sum.billedBytes))
            json.member("measured_bytes", UInt64(clamping: sum.measuredBytes))
            json.endObject()
        }
        json.endArray()
        json.key("not_network")
        json.beginObject()
        json.member("lines", others.lines)
        json.member("cost", Digits(Bill.decimals).text(others.cost))
        json.endObject()
    }

    private func table(_ style: TableStyle, _ digits: Digits) -> [String] {
        var table = TextTable(
            [.init("CHARGE")] + dimensions.map { .init($0.rawValue.uppercased()) }
                + [.init("BYTES", isNumber: true), .init("COST \(currency)", isNumber: true)]
        )
        for row in rows {
            let group =
                row.group.isEmpty
                ? dimensions.map { _ in Self.unexplainedName } : row.group.map { $0.isEmpty ? "-" : $0 }
            table.append(
                [row.kind.rawValue] + group
                    + [
                        row.group.isEmpty ? "" : style.units.text(UInt64(clamping: row.bytes)),
                        digits.text(shown(row.cost)),
                    ]
            )
        }
        let billed = sums.reduce(0) { $0 + $1.billed }
        table.append(
            ["TOTAL"] + dimensions.map { _ in "" } + ["", digits.text(shown(billed))]
        )
        var lines = table.lines(width: style.width)
        for sum in sums {
            let coverage =
                sum.billedBytes == 0
                ? "the bill says no bytes"
                : "measured \(style.units.text(UInt64(clamping: sum.measuredBytes))) of "
                    + "\(style.units.text(UInt64(clamping: sum.billedBytes))) billed ("
                    + "\(sum.measuredBytes * 1000 / sum.billedBytes / 10).\(sum.measuredBytes * 1000 / sum.billedBytes % 10) %)"
            lines.append(
                "  \(sum.kind.rawValue): \(digits.text(shown(sum.billed))) billed, "
                    + "\(digits.text(shown(sum.unexplained))) unexplained; \(coverage)"
            )
        }
        if others.lines > 0 { lines.append("  Lines of the bill that bytes do not cause: \(others.lines).") }
        return lines
    }
}
