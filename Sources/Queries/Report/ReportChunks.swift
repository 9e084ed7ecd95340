// SPDX-License-Identifier: Apache-2.0

/// A written report in pieces, so that a large one never exists as a whole.
///
/// Pieces are never empty, and end at any byte.
public struct ReportChunks: Sequence, IteratorProtocol, Sendable {
    private let report: Report
    private let format: AnswerFormat
    private let style: TableStyle
    private let size: Int
    /// The row that is next; -1 before the head, and past the last row after the tail.
    private var position = -1
    private var json = JSONWriter()

    /// - Parameter size: Bytes that a piece reaches before it is handed out; it goes over by at most one row.
    init(_ report: Report, format: AnswerFormat, style: TableStyle, size: Int) {
        self.report = report
        self.format = format
        self.style = style
        self.size = size
    }

    /// The next piece, or `nil` after the last.
    public mutating func next() -> [UInt8]? {
        guard position <= report.count else { return nil }
        switch format {
        case .json: return nextJSON()
        case .csv: return nextCSV()
        case .table:
            position = report.count + 1
            let text = report.table(style).map { $0 + "\n" }.joined()
            return text.isEmpty ? nil : Array(text.utf8)
        }
    }

    private mutating func nextJSON() -> [UInt8] {
        if position < 0 {
            json.beginObject()
            report.head(&json)
            json.key("rows")
            json.beginArray()
            position = 0
        }
        while json.bytes.count < size, position < report.count {
            json.beginObject()
            for (column, cell) in zip(report.columns, report.row(position)) {
                json.key(column.name)
                json.value(cell)
            }
            json.endObject()
            position += 1
        }
        if position == report.count {
            json.endArray()
            report.tail(&json)
            json.endObject()
            position += 1
        }
        return json.takeBytes()
    }

    private mutating func nextCSV() -> [UInt8]? {
        var bytes: [UInt8] = []
        if position < 0 {
            bytes.append(contentsOf: report.columns.map(\.name).joined(separator: ",").utf8)
            bytes.append(contentsOf: "\r\n".utf8)
            position = 0
        }
        while bytes.count < size, position < report.count {
            bytes.appendCSV(report.row(position))
            bytes.append(contentsOf: "\r\n".utf8)
            position += 1
        }
        if position == report.count { position += 1 }
        return bytes.isEmpty ? nil : bytes
    }
}

extension JSONWriter {
    /// Writes the value of a report's row.
    public mutating func value(_ cell: Report.Cell) {
        switch cell {
        case .text(let text), .decimal(let text): value(text)
        case .integer(let number), .bytes(let number): value(number)
        case .signed(let number): value(number)
        case .null: null()
        }
    }
}

extension [UInt8] {
    /// Appends the values of a report's row, without the line's end.
    mutating func appendCSV(_ cells: [Report.Cell]) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            appendCSV(cell)
        }
    }

    /// Appends the value of a report's row.
    mutating func appendCSV(_ cell: Report.Cell) {
        switch cell {
        case .text(let text): appendCSVCell(text)
        case .integer(let number), .bytes(let number): appendDecimal(number)
        case .signed(let number): append(contentsOf: String(number).utf8)
        case .decimal(let text): append(contentsOf: text.utf8)
        case .null: break
        }
    }
}
