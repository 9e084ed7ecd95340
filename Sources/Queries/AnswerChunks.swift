// SPDX-License-Identifier: Apache-2.0

/// A written answer in pieces, so that a large one never exists as a whole.
///
/// Pieces are never empty, and end at any byte. A table is one piece: its columns are as wide as their widest cell.
public struct AnswerChunks: Sequence, IteratorProtocol, Sendable {
    /// Writes into the buffer it is given, and says whether there is more.
    private enum Writer {
        case json(AnswerJSON)
        case csv(AnswerCSV)
        case table(UsageAnswer, ByteUnits)
        case done
    }

    private var writer: Writer
    private let size: Int

    /// - Parameter size: Bytes that a piece reaches before it is handed out; it goes over by at most one row.
    init(_ answer: UsageAnswer, format: AnswerFormat, units: ByteUnits, size: Int) {
        self.size = size
        switch format {
        case .json: writer = .json(AnswerJSON(answer))
        case .csv: writer = .csv(AnswerCSV(answer))
        case .table: writer = .table(answer, units)
        }
    }

    /// Writes the rows of `answer` as CSV without a header, behind those of other buckets.
    ///
    /// - Parameter size: As above.
    init(continuing answer: UsageAnswer, size: Int) {
        self.size = size
        writer = .csv(AnswerCSV(answer, isContinued: true))
    }

    /// The next piece, or `nil` after the last.
    public mutating func next() -> [UInt8]? {
        let piece: [UInt8]
        switch writer {
        case .json(var json):
            writer = .done  // so that `json` is the only reference, and is changed in place
            piece = json.next(size: size)
            writer = .json(json)
        case .csv(var csv):
            writer = .done
            piece = csv.next(size: size)
            writer = .csv(csv)
        case .table(let answer, let units):
            writer = .done
            piece = Array(answer.table(units: units).utf8)
        case .done:
            return nil
        }
        return piece.isEmpty ? nil : piece
    }
}

extension UsageAnswer {
    /// The answer in `format`, in pieces of about 64 KiB.
    ///
    /// - Parameter units: How a table writes bytes; JSON and CSV hold exact integers.
    public func chunks(as format: AnswerFormat, units: ByteUnits = .decimal) -> AnswerChunks {
        AnswerChunks(self, format: format, units: units, size: 65_536)
    }

    /// The answer's rows as CSV that goes on behind the rows of other buckets, in pieces of about 64 KiB.
    public var continuedCSVChunks: AnswerChunks {
        AnswerChunks(continuing: self, size: 65_536)
    }

    /// The answer as JSON, in one piece; see ``AnswerFormat/json``.
    public func json() -> [UInt8] {
        AnswerChunks(self, format: .json, units: .exact, size: .max).reduce(into: []) { $0 += $1 }
    }

    /// The answer as RFC 4180 CSV with a header, in one piece; see ``csvHeader``.
    public func csv() -> [UInt8] {
        AnswerChunks(self, format: .csv, units: .exact, size: .max).reduce(into: []) { $0 += $1 }
    }
}
