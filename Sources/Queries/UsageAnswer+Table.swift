// SPDX-License-Identifier: Apache-2.0
import Traffic

extension UsageAnswer {
    /// The answer for people: its range, aligned columns, the total, and what was lost.
    ///
    /// Ends with a line break. A dimension that is not known is shown as `-`.
    ///
    /// - Parameters:
    ///   - units: How bytes are written.
    ///   - width: The most characters of a line, if the table can be cut to that; `nil` for no limit.
    public func table(units: ByteUnits = .decimal, width: Int? = nil) -> String {
        tableLines(units: units, width: width).map { $0 + "\n" }.joined()
    }

    /// The lines of ``table(units:width:)``, without line breaks.
    public func tableLines(units: ByteUnits = .decimal, width: Int? = nil) -> [String] {
        var lines = [
            "\(UTCTime(secondsSinceEpoch: start)) to \(UTCTime(secondsSinceEpoch: end))"
                + (stepText.map { ", every \($0)" } ?? "") + (zone == "UTC" ? "" : ", \(zone)")
        ]
        if rows.isEmpty, other == nil {
            lines.append("No bytes are booked in this range.")
        } else {
            lines += counters(units: units).lines(width: width)
        }
        if let previous {
            lines.append(
                "Before, from \(UTCTime(secondsSinceEpoch: previous.start)): "
                    + "\(units.text(previous.total.egressBytes)) egress, "
                    + "\(units.text(previous.total.ingressBytes)) ingress"
            )
        }
        lines += (missing + (previous?.missing ?? [])).notes
        for loss in lost where !loss.counters.isZero {
            lines.append(
                "Lost, \(loss.reason.printable): \(units.text(loss.counters.egressBytes)) egress, "
                    + "\(units.text(loss.counters.ingressBytes)) ingress"
            )
        }
        lines += nodes.prefix(Self.mostNodeNotes).map { $0.note(units: units) }
        if nodes.count > Self.mostNodeNotes {
            lines.append("and \(nodes.count - Self.mostNodeNotes) more nodes with gaps; format=json has all")
        }
        return lines
    }

    /// The most nodes that a table has a note for.
    private static let mostNodeNotes = 10

    private var stepText: String? {
        step.map { DurationText.text(seconds: $0) } ?? calendarStep
    }

    private func counters(units: ByteUnits) -> TextTable {
        let stepped = isStepped
        let labels = (stepped ? ["START"] : []) + groupBy.map { $0.rawValue.uppercased() }
        var table = TextTable(
            labels.map { TextTable.Column($0) }
                + ["EGRESS", "INGRESS", "EGRESS PKTS", "INGRESS PKTS"].map { TextTable.Column($0, isNumber: true) }
        )
        func append(_ cells: [String], _ counters: FlowCounters) {
            // Fewer labels than columns: the rest of the labels stay empty.
            let padding = [String](repeating: "", count: max(0, labels.count - cells.count))
            table.append(
                cells.prefix(labels.count) + padding + [
                    units.text(counters.egressBytes), units.text(counters.ingressBytes),
                    String(counters.egressPackets), String(counters.ingressPackets),
                ]
            )
        }
        for line in AnswerLines(self) {
            switch line {
            case .row(let row):
                let time = stepped ? [UTCTime(secondsSinceEpoch: row.bucketStart).description] : []
                append(time + row.group.map { $0.isEmpty ? "-" : $0 }, row.counters)
            case .other(let row):
                let time = stepped ? [UTCTime(secondsSinceEpoch: row.bucketStart).description] : []
                append(time + ["(\(other?.groups ?? 0) others)"], row.counters)
            }
        }
        if !labels.isEmpty { append(["TOTAL"], total) }
        return table
    }
}
