// SPDX-License-Identifier: Apache-2.0

/// Reads RFC 4180 CSV piece by piece, whatever its size.
///
/// Lines end with LF or CR LF. A cell that begins with a quote ends with one, and holds quotes twice.
public struct CSVReader: Sendable {
    /// A cell and whether it was quoted: `""` is an empty text, nothing at all is no value.
    public struct Cell: Hashable, Sendable {
        /// The text, without its quotes.
        public var text: String
        /// True if it stood in quotes.
        public var isQuoted: Bool
    }

    /// What is wrong with a text that is not CSV.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The line, from 1, on which the record begins.
        public var line: Int
        /// A sentence without its full stop.
        public var reason: String

        /// The line and the reason.
        public var description: String {
            "line \(line): \(reason)"
        }
    }

    /// The most bytes of a record.
    public static let mostBytes = 1 << 20

    private enum State {
        case start
        case plain
        case quoted
        case quoteInQuoted
        /// In a record that is no CSV, up to the end of its line.
        case broken
    }

    private var state = State.start
    private var cell: [UInt8] = []
    private var isQuoted = false
    private var record: [Cell] = []
    private var size = 0
    private var line = 1
    private var recordLine = 1
    private var endsWithReturn = false

    /// A reader at the start of a text.
    public init() {}

    /// Reads `bytes`, which follow those before, and gives every record that ends in them to `use`, with its line.
    ///
    /// Empty lines are passed over. A record that is no CSV is given as its failure, and the next one begins with the next
    /// line: what is found does not depend on where the text is cut into pieces.
    public mutating func read(
        _ bytes: some Sequence<UInt8>,
        _ use: (_ record: Result<[Cell], Failure>, _ line: Int) throws -> Void
    ) rethrows {
        for byte in bytes {
            if state == .broken {
                if byte == UInt8(ascii: "\n") { beginRecord() }
                continue
            }
            size += 1
            guard size <= Self.mostBytes else {
                try fail("a record is longer than \(Self.mostBytes) bytes", at: byte, use)
                continue
            }
            switch (state, byte) {
            case (.quoted, UInt8(ascii: "\"")):
                state = .quoteInQuoted
            case (.quoted, _):
                if byte == UInt8(ascii: "\n") { line += 1 }
                cell.append(byte)
            case (.quoteInQuoted, UInt8(ascii: "\"")):
                cell.append(byte)
                state = .quoted
            case (_, UInt8(ascii: ",")):
                endCell()
            case (_, UInt8(ascii: "\n")):
                try endRecord(use)
                beginRecord()
            case (_, UInt8(ascii: "\r")):
                // Part of the line's end, or else of the cell.
                endsWithReturn = true
                continue
            case (.start, UInt8(ascii: "\"")):
                isQuoted = true
                state = .quoted
            case (.quoteInQuoted, _):
                try fail("text follows a closing quote", at: byte, use)
            default:
                if endsWithReturn { cell.append(UInt8(ascii: "\r")) }
                cell.append(byte)
                state = .plain
            }
            endsWithReturn = false
        }
    }

    /// Gives a last record without a line's end to `use`.
    public mutating func finish(_ use: (_ record: Result<[Cell], Failure>, _ line: Int) throws -> Void) rethrows {
        switch state {
        case .broken: break
        case .quoted: try use(.failure(Failure(line: recordLine, reason: "a quote is not closed")), recordLine)
        case .start, .plain, .quoteInQuoted: try endRecord(use)
        }
    }

    private mutating func endCell() {
        record.append(Cell(text: String(decoding: cell, as: UTF8.self), isQuoted: isQuoted))
        cell.removeAll(keepingCapacity: true)
        isQuoted = false
        state = .start
    }

    private mutating func beginRecord() {
        line += 1
        recordLine = line
        size = 0
        state = .start
    }

    private mutating func endRecord(_ use: (Result<[Cell], Failure>, Int) throws -> Void) rethrows {
        if record.isEmpty, cell.isEmpty, !isQuoted { return }
        endCell()
        let whole = record
        record.removeAll(keepingCapacity: true)
        try use(.success(whole), recordLine)
    }

    private mutating func fail(
        _ reason: String,
        at byte: UInt8,
        _ use: (Result<[Cell], Failure>, Int) throws -> Void
    ) rethrows {
        let failure = Failure(line: recordLine, reason: reason)
        cell.removeAll(keepingCapacity: true)
        record.removeAll(keepingCapacity: true)
        (isQuoted, endsWithReturn) = (false, false)
        state = .broken
        if byte == UInt8(ascii: "\n") { beginRecord() }
        try use(.failure(failure), failure.line)
    }
}
