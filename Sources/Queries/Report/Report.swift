// SPDX-License-Identifier: Apache-2.0

/// Rows of named columns that can be written as JSON, CSV or a table, piece by piece.
///
/// Whatever has rows and something to say about them as a whole is written through this, so that all answers look
/// alike. Amounts of money are text of decimal digits: a JSON number would be read as a binary fraction.
public struct Report: Sendable {
    /// A value of a row.
    public enum Cell: Hashable, Sendable {
        /// A name or a time.
        case text(String)
        /// A count.
        case integer(UInt64)
        /// Bytes, which tables show in units.
        case bytes(UInt64)
        /// A count that may be negative.
        case signed(Int128)
        /// A decimal number, already written.
        case decimal(String)
        /// Nothing: JSON `null`, an empty cell of CSV.
        case null
    }

    /// What a column is called, and how it is aligned.
    public struct Column: Hashable, Sendable {
        /// The member of JSON and the header of CSV.
        public var name: String
        /// The heading of a table; `nil` if tables leave the column out.
        public var title: String?
        /// True for numbers.
        public var isNumber: Bool

        /// A column of `name`.
        public init(_ name: String, title: String?, isNumber: Bool = false) {
            self.name = name
            self.title = title
            self.isNumber = isNumber
        }
    }

    /// The columns, which are stable.
    public var columns: [Column]
    /// How many rows there are.
    public var count: Int
    /// The row at an index, a value for each column.
    public var row: @Sendable (Int) -> [Cell]
    /// Writes the members of the JSON object that come before `rows`.
    public var head: @Sendable (inout JSONWriter) -> Void
    /// Writes those that come after.
    public var tail: @Sendable (inout JSONWriter) -> Void
    /// The whole as text for people, without line breaks at the ends.
    public var table: @Sendable (TableStyle) -> [String]
    /// What is said of the whole where the format has no room for it.
    public var fields: AnswerFields

    /// A report with the given parts.
    public init(
        columns: [Column],
        count: Int,
        row: @escaping @Sendable (Int) -> [Cell],
        head: @escaping @Sendable (inout JSONWriter) -> Void = { _ in },
        tail: @escaping @Sendable (inout JSONWriter) -> Void = { _ in },
        table: @escaping @Sendable (TableStyle) -> [String],
        fields: AnswerFields = AnswerFields(missing: [])
    ) {
        self.columns = columns
        self.count = count
        self.row = row
        self.head = head
        self.tail = tail
        self.table = table
        self.fields = fields
    }

    /// The report in `format`, in pieces of about 64 KiB.
    public func chunks(as format: AnswerFormat, style: TableStyle = .init()) -> ReportChunks {
        ReportChunks(self, format: format, style: style, size: 65_536)
    }
}

/// How a table is written.
public struct TableStyle: Hashable, Sendable {
    /// How bytes are written.
    public var units: ByteUnits
    /// The most characters of a line, if the table can be cut to that; `nil` for no limit.
    public var width: Int?

    /// A style of `units` and `width`.
    public init(units: ByteUnits = .decimal, width: Int? = nil) {
        self.units = units
        self.width = width
    }

    /// The parameters that this takes.
    static let parameterNames = ["units", "width"]

    /// The style that the parameters `units` and `width` ask for; they are taken out of `parameters`.
    ///
    /// - Throws: An error about one of them; others are not looked at.
    public init(takingFrom parameters: inout QueryParameters) throws(QueryError) {
        self.init()
        for (name, value) in parameters.pairs {
            switch name {
            case "units":
                guard let choice = ByteUnits(rawValue: value) else {
                    throw QueryError(
                        parameter: name,
                        detail: "\(QueryError.quoted(value)) is not accepted; choose from "
                            + ByteUnits.allCases.map(\.rawValue).joined(separator: ", ")
                    )
                }
                units = choice
            case "width":
                guard let number = Int(value), (20...10_000).contains(number) else {
                    throw QueryError(
                        parameter: name,
                        detail: "\(QueryError.quoted(value)) is not a width; accepted are 20 to 10000 characters"
                    )
                }
                width = number
            default: break
            }
        }
        parameters.pairs.removeAll { Self.parameterNames.contains($0.name) }
    }
}
