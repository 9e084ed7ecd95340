// SPDX-License-Identifier: Apache-2.0
import Traffic

/// What an answer says of itself as a whole, as header fields: CSV has no room for it among its rows.
///
/// | field | value |
/// |---|---|
/// | `NetLedger-Complete` | `true`, or `false` if something of the range is lacking |
/// | `NetLedger-Pruned` | spans that are not in the ledger any more, `start/end` each, separated by commas |
/// | `NetLedger-Unbilled` | spans that no saved bill bills, in the same form |
/// | `NetLedger-Resolution` | the tier that most was read from |
/// | `NetLedger-Unattributed-Bytes` | bytes of the answer that have no owner |
/// | `NetLedger-Lost-Bytes` | bytes that nodes reported as lost |
/// | `NetLedger-Gaps` | nodes that lost bytes or fell silent |
/// | `NetLedger-Cost-Basis` | `estimate` or `allocated` |
public struct AnswerFields: Sendable {
    /// Names and values, in the order above.
    public private(set) var pairs: [(name: String, value: String)]

    /// What is said of an answer that lacks `missing` of its range, and has no bill for `unbilled` of it.
    public init(missing: [UsageFacts.Span], unbilled: [UsageFacts.Span] = []) {
        pairs = [(Self.complete, "\(missing.isEmpty && unbilled.isEmpty)")]
        if !missing.isEmpty { pairs.append((Self.pruned, Self.text(missing))) }
        if !unbilled.isEmpty { pairs.append((Self.unbilled, Self.text(unbilled))) }
    }

    /// What answers receive in these fields, for people; nothing about an answer that lacks nothing.
    ///
    /// - Parameter value: The value of a field.
    public static func notes(_ value: (String) -> String?) -> [String] {
        var notes: [String] = []
        if let spans = value(pruned) { notes.append("Incomplete: \(spans) was pruned.") }
        if let spans = value(unbilled) { notes.append("Incomplete: no bill is saved for \(spans).") }
        if notes.isEmpty, value(complete) == "false" { notes.append("The answer is not complete.") }
        if let bytes = value(lost), bytes != "0" { notes.append("\(bytes) bytes of this time were lost.") }
        if let nodes = value(gaps), nodes != "0" {
            notes.append("Nodes that lost bytes or fell silent: \(nodes); format=json names them.")
        }
        return notes
    }

    mutating func add(_ name: String, _ value: some CustomStringConvertible) {
        pairs.append((name, value.description))
    }

    static let complete = "NetLedger-Complete"
    static let pruned = "NetLedger-Pruned"
    static let unbilled = "NetLedger-Unbilled"
    static let resolution = "NetLedger-Resolution"
    static let unattributed = "NetLedger-Unattributed-Bytes"
    static let lost = "NetLedger-Lost-Bytes"
    static let gaps = "NetLedger-Gaps"
    static let basis = "NetLedger-Cost-Basis"

    private static func text(_ spans: [UsageFacts.Span]) -> String {
        spans.map { "\(UTCTime(secondsSinceEpoch: $0.start))/\(UTCTime(secondsSinceEpoch: $0.end))" }
            .joined(separator: ", ")
    }
}

extension UsageAnswer {
    /// What is said of the answer as a whole.
    public var fields: AnswerFields {
        var fields = AnswerFields(missing: missing + (previous?.missing ?? []))
        fields.add(AnswerFields.resolution, resolution.rawValue)
        fields.add(AnswerFields.unattributed, unattributed.allBytes)
        fields.add(AnswerFields.lost, lost.reduce(UInt128(0)) { $0 + $1.counters.allBytes })
        fields.add(AnswerFields.gaps, nodes.count)
        return fields
    }
}

extension FlowCounters {
    /// Both directions.
    fileprivate var allBytes: UInt128 {
        UInt128(egressBytes) + UInt128(ingressBytes)
    }
}
