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

    /// A group as a line of a table.
    private struct Line {
        var cells: [String]
        var sum = FlowCounters.zero
        /// Bytes of both directions by bucket.
        var bytes: [Int128]
    }

    /// The groups in the query's order, which every bucket keeps, and last what the limit left unnamed.
    private var lines: [Line] {
        let starts =
            step.map { Array(stride(from: start, to: end, by: Int($0))) }
            ?? Set(rows.map(\.bucketStart) + (other?.buckets ?? []).map(\.bucketStart)).sorted()
        let places = Dictionary(uniqueKeysWithValues: starts.enumerated().map { ($1, $0) })
        let nothing = Array(repeating: Int128(0), count: isStepped ? starts.count : 0)
        var lines: [Line] = []
        var numbers: [[String]: Int] = [:]
        // At 0 the number of the first line plus 1, at a line's number plus 1 that of the one behind it; 0 behind the last.
        var followers = [0]
        func add(_ row: UsageFacts.Fact, to line: Int) {
            lines[line].sum += row.counters
            if let place = places[row.bucketStart], isStepped { lines[line].bytes[place] += row.counters.bytes }
        }
        var previous = 0
        var bucket: Int64?
        for row in rows {
            if row.bucketStart != bucket { (previous, bucket) = (0, row.bucketStart) }
            let number: Int
            if let known = numbers[row.group] {
                number = known
            } else {
                number = lines.count
                numbers[row.group] = number
                lines.append(Line(cells: row.group.map { $0.isEmpty ? "-" : $0 }, bytes: nothing))
                followers.append(followers[previous])
                followers[previous] = number + 1
            }
            add(row, to: number)
            previous = number + 1
        }
        var ordered: [Line] = []
        var next = followers[0]
        while next > 0 {
            ordered.append(lines[next - 1])
            next = followers[next]
        }
        if let other {
            lines.append(Line(cells: ["(\(other.groups) others)"], bytes: nothing))
            for row in other.buckets { add(row, to: lines.count - 1) }
            ordered.append(lines[lines.count - 1])
        }
        return ordered
    }

    private var stepText: String? {
        step.map { DurationText.text(seconds: $0) } ?? calendarStep
    }

    private func counters(units: ByteUnits) -> TextTable {
        let byTime = isStepped && groupBy.isEmpty
        let labels = byTime ? ["START"] : groupBy.map { $0.rawValue.uppercased() }
        var table = TextTable(
            labels.map { TextTable.Column($0) }
                + ["EGRESS", "INGRESS", "EGRESS PKTS", "INGRESS PKTS"].map { TextTable.Column($0, isNumber: true) }
                + (isStepped ? [TextTable.Column(byTime ? "BYTES" : "BYTES OVER TIME")] : [])
        )
        func append(_ cells: [String], _ counters: FlowCounters, bars: String = "") {
            // Fewer labels than columns: the rest of the labels stay empty.
            let padding = [String](repeating: "", count: max(0, labels.count - cells.count))
            table.append(
                cells.prefix(labels.count) + padding + [
                    units.text(counters.egressBytes), units.text(counters.ingressBytes),
                    String(counters.egressPackets), String(counters.ingressPackets), bars,
                ]
            )
        }
        if byTime {
            let highest = rows.map(\.counters.bytes).max() ?? 0
            for row in rows {
                append(
                    [UTCTime(secondsSinceEpoch: row.bucketStart).description],
                    row.counters,
                    bars: Sparkline.bar(row.counters.bytes, of: highest)
                )
            }
        } else {
            for group in lines {
                append(group.cells, group.sum, bars: isStepped ? Sparkline.text(group.bytes) : "")
            }
        }
        if !labels.isEmpty { append(["TOTAL"], total) }
        return table
    }
}

extension FlowCounters {
    /// Both directions.
    fileprivate var bytes: Int128 {
        Int128(egressBytes) + Int128(ingressBytes)
    }
}
