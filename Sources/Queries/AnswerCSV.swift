// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Writes an answer as RFC 4180 CSV, some rows at a time.
struct AnswerCSV: Sendable {
    private let answer: UsageAnswer
    private var lines: AnswerLines
    private var wroteHeader: Bool
    private var times = BucketTimes()

    /// - Parameter isContinued: True if the header was written with rows that come before.
    init(_ answer: UsageAnswer, isContinued: Bool = false) {
        self.answer = answer
        wroteHeader = isContinued
        lines = AnswerLines(answer)
    }

    /// The next piece, or nothing after the last.
    mutating func next(size: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        if !wroteHeader {
            bytes.append(contentsOf: answer.csvHeader.joined(separator: ",").utf8)
            bytes.append(contentsOf: "\r\n".utf8)
            wroteHeader = true
        }
        while bytes.count < size, let line = lines.next() {
            switch line {
            case .row(let row): append(row, group: row.group, to: &bytes)
            case .other(let row):
                append(row, group: answer.groupBy.map { _ in UsageAnswer.otherName }, to: &bytes)
            }
        }
        return bytes
    }

    private mutating func append(_ row: UsageFacts.Fact, group: [String], to bytes: inout [UInt8]) {
        if answer.isStepped {
            bytes.append(contentsOf: times.text(row.bucketStart).utf8)
            bytes.append(UInt8(ascii: ","))
        }
        for value in group {
            bytes.appendCSVCell(value)
            bytes.append(UInt8(ascii: ","))
        }
        bytes.appendCounters(row.counters)
        if answer.previous != nil {
            bytes.append(UInt8(ascii: ","))
            bytes.appendCounters(row.previous ?? .zero)
        }
        bytes.append(contentsOf: "\r\n".utf8)
    }
}

extension UsageAnswer {
    /// What stands in every dimension's column of a row that sums the groups beyond the limit.
    public static let otherName = "(other)"

    /// The columns of the answer as CSV, which are stable.
    ///
    /// `start` if the query has a step, the dimensions in the query's order, the four counters, and those of the period
    /// before if that was asked for. Lines end with CR LF. A cell is quoted if it holds a comma, a quote or a line break. A cell that a spreadsheet would take for
    /// a formula (it begins with `=`, `+`, `-`, `@`, tab or CR) gets an apostrophe in front. Bytes that the limit
    /// left unnamed are rows of ``otherName``, so the columns always add up to the total; lost bytes have no row.
    public var csvHeader: [String] {
        let counters = ["egress_bytes", "ingress_bytes", "egress_packets", "ingress_packets"]
        return (isStepped ? ["start"] : []) + groupBy.map(\.rawValue) + counters
            + (previous == nil ? [] : counters.map { "previous_" + $0 })
    }
}

extension [UInt8] {
    fileprivate mutating func appendCounters(_ counters: FlowCounters) {
        appendDecimal(counters.egressBytes)
        append(UInt8(ascii: ","))
        appendDecimal(counters.ingressBytes)
        append(UInt8(ascii: ","))
        appendDecimal(counters.egressPackets)
        append(UInt8(ascii: ","))
        appendDecimal(counters.ingressPackets)
    }
}
