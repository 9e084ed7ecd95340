// SPDX-License-Identifier: Apache-2.0
import Queries

/// Everything `netledger doctor` has to say.
struct DoctorReport: Sendable {
    var findings: [Finding]
    /// Measured against expected; empty if the self-test did not run.
    var rows: [SelfTestRow] = []

    /// True if nothing failed.
    var isHealthy: Bool {
        !findings.contains { $0.mark == .fail }
    }

    /// The checklist for people, then the table of the self-test; ends with a line break.
    func table() -> String {
        let markWidth = Finding.Mark.notChecked.rawValue.count
        let subjectWidth = findings.map(\.subject.count).max() ?? 0
        var lines: [String] = []
        for finding in findings {
            let mark = finding.mark.rawValue.padded(to: markWidth)
            lines.append("\(mark)  \(finding.subject.padded(to: subjectWidth))  \(finding.found.printable)")
            if let next = finding.next {
                lines.append(String(repeating: " ", count: markWidth + 2) + "-> \(next.printable)")
            }
        }
        if !rows.isEmpty {
            var table = TextTable(
                ["PATH", "PROTOCOL", "DIRECTION"].map { TextTable.Column($0) }
                    + ["PACKETS", "EXPECTED BYTES", "MEASURED BYTES", "DIFFERENCE"]
                    .map { TextTable.Column($0, isNumber: true) }
            )
            for row in rows {
                table.append([
                    row.path.rawValue, row.protocolName, row.isSent ? "sent" : "received",
                    "\(row.expected.packets)", "\(row.expected.bytes)", "\(row.measured.bytes)", "\(row.difference)",
                ])
            }
            lines += [""] + table.lines()
        }
        let failures = findings.count { $0.mark == .fail }
        let warnings = findings.count { $0.mark == .warn }
        let unknown = findings.count { $0.mark == .notChecked }
        lines += ["", "\(failures) failed, \(warnings) to look at, \(unknown) not checked."]
        return lines.map { $0 + "\n" }.joined()
    }

    /// The same as one JSON object; ends with a line break.
    func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("healthy")
        writer.value(isHealthy)
        writer.key("findings")
        writer.beginArray()
        for finding in findings {
            writer.beginObject()
            writer.member("mark", finding.mark.rawValue.lowercased())
            writer.member("subject", finding.subject)
            writer.member("found", finding.found)
            if let next = finding.next { writer.member("next", next) }
            writer.endObject()
        }
        writer.endArray()
        writer.key("self_test")
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            writer.member("path", row.path.rawValue)
            writer.member("protocol", row.protocolName)
            writer.member("direction", row.isSent ? "sent" : "received")
            writer.member("expected_packets", row.expected.packets)
            writer.member("measured_packets", row.measured.packets)
            writer.member("expected_bytes", row.expected.bytes)
            writer.member("measured_bytes", row.measured.bytes)
            writer.member("difference_bytes", row.difference)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}

extension String {
    /// The text with blanks after it, at least `width` characters.
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
