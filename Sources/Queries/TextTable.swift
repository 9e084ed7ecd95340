// SPDX-License-Identifier: Apache-2.0

/// Aligned columns of text for terminals.
public struct TextTable: Sendable {
    /// A column's heading and side.
    public struct Column: Hashable, Sendable {
        /// What stands above it.
        public var title: String
        /// True for numbers, which line up at their last digit.
        public var isNumber: Bool

        /// A column called `title`.
        public init(_ title: String, isNumber: Bool = false) {
            self.title = title
            self.isNumber = isNumber
        }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    /// An empty table with these columns.
    public init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Appends a row.
    ///
    /// - Parameter cells: One for each column; missing ones are empty, further ones are left out. Control
    ///   characters, which could steer a terminal, are shown as U+FFFD.
    public mutating func append(_ cells: [String]) {
        var row = cells.prefix(columns.count).map(\.printable)
        row += [String](repeating: "", count: columns.count - row.count)
        rows.append(row)
    }

    /// The lines of the table, heading first, without line breaks.
    ///
    /// - Parameter width: The most characters of a line; text columns are cut to fit, the widest first, but never
    ///   below 8. `nil` for no limit.
    public func lines(width: Int? = nil) -> [String] {
        var widths = columns.indices.map { column in
            rows.reduce(columns[column].title.count) { max($0, $1[column].count) }
        }
        if let width {
            var excess = widths.reduce(2 * (columns.count - 1), +) - width
            while excess > 0 {
                let text = widths.indices.filter { !columns[$0].isNumber && widths[$0] > 8 }
                guard let widest = text.max(by: { widths[$0] < widths[$1] }) else { break }
                widths[widest] -= 1
                excess -= 1
            }
        }
        return ([columns.map(\.title)] + rows).map { line($0, widths: widths) }
    }

    private func line(_ cells: [String], widths: [Int]) -> String {
        var line = ""
        for (column, cell) in cells.enumerated() {
            if column > 0 { line += "  " }
            let shown = cell.shortened(to: widths[column])
            let padding = String(repeating: " ", count: widths[column] - shown.count)
            line += columns[column].isNumber ? padding + shown : shown + padding
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}

extension String {
    /// The text with every character that could steer a terminal shown as U+FFFD.
    public var printable: String {
        guard unicodeScalars.contains(where: \.steersTerminals) else { return self }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars { text.append(scalar.steersTerminals ? "\u{fffd}" : scalar) }
        return String(text)
    }

    /// At most `length` characters of it, with `…` for what is left out of its middle.
    fileprivate func shortened(to length: Int) -> String {
        guard count > length, length > 0 else { return self }
        let tail = (length - 1) / 2
        return "\(prefix(length - 1 - tail))…\(suffix(tail))"
    }
}

extension Unicode.Scalar {
    /// True for control characters and for those that change the direction of text.
    fileprivate var steersTerminals: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        case .format: (0x202a...0x202e).contains(value) || (0x2066...0x2069).contains(value)
        default: false
        }
    }
}
