// SPDX-License-Identifier: Apache-2.0
import Pricing

/// A bill in FOCUS, written again with its network charges split over what caused them: the split cost allocation of
/// FOCUS 1.3.
///
/// Every charge that bytes cause becomes a row for each group that caused some of it, and one without an
/// `AllocatedResourceId` for what has no measured cause. The parts' costs and quantities add up to the charge's, digit for
/// digit, and so do their ratios to 1; everything else is the charge's own. Charges that bytes do not cause, and those
/// that are parts of another's already, stay as they are, so the whole still is the bill.
public struct FocusAllocation: Sendable {
    /// What stands in `AllocatedMethodId`: by measured bytes, as ``BillAllocation`` splits.
    public static let methodID = "netledger-measured-bytes"

    /// A part of a charge.
    private struct Share {
        /// The cells of ``FocusColumn/splitNames``.
        var cells: [Report.Cell]
        var weight: UInt128
    }

    private struct Key: Hashable {
        var kind: BillKind
        var period: Range<Int64>
        var region: String
    }

    private let dimensions: [Dimension]
    private let items: [Key: Bill.Item]
    private let measured: [BillKind: [BillAllocation.Measured]]
    private var reader = CSVReader()
    private var layout: Layout?
    private var shares: [Key: [Share]] = [:]

    /// Nothing was read yet.
    ///
    /// - Parameters:
    ///   - bill: The same bill, read to its end.
    ///   - dimensions: What the groups' values are of.
    ///   - measured: By kind, the bytes of buckets that lie in one period of the bill each.
    public init(_ bill: Bill, dimensions: [Dimension], measured: [BillKind: [BillAllocation.Measured]]) {
        self.dimensions = dimensions
        self.measured = measured.mapValues { $0.sorted { $0.start < $1.start } }
        items = Dictionary(
            bill.sortedItems.map { (Key(kind: $0.kind, period: $0.period, region: $0.region), $0) }
        ) { first, _ in first }
    }

    /// Reads the next piece of the bill.
    ///
    /// - Returns: What of the new text is complete, as CSV.
    /// - Throws: ``Bill/Failure`` or ``CSVReader/Failure``.
    public mutating func read(_ bytes: some Sequence<UInt8>) throws -> [UInt8] {
        var reader = reader
        var text: [UInt8] = []
        try reader.read(bytes) { record, line in try append(record.get(), line, to: &text) }
        self.reader = reader
        return text
    }

    /// Reads the end of the bill; see ``read(_:)``.
    public mutating func finish() throws -> [UInt8] {
        var reader = reader
        var text: [UInt8] = []
        try reader.finish { record, line in try append(record.get(), line, to: &text) }
        self.reader = reader
        return text
    }

    private mutating func append(_ record: [CSVReader.Cell], _ line: Int, to text: inout [UInt8]) throws {
        guard let layout else {
            let layout = try Layout(record.map(\.text), line: line)
            self.layout = layout
            text.appendCSV(layout.header.map { .text($0) })
            text.append(contentsOf: "\r\n".utf8)
            return
        }
        let row = try layout.format.row(record.map(\.text), line)
        guard let kind = row.kind, !layout.isSplit(record) else { return layout.append(record, to: &text) }
        let key = Key(kind: kind, period: try row.period.get(), region: row.region)
        let shares = self.shares(key)
        let weights = shares.map(\.weight)
        var sums: [Int: [Int128]] = [:]
        for place in layout.sums where !record[place].text.isEmpty {
            guard let amount = BillAmount(record[place].text) else {
                throw Bill.Failure(
                    line: line,
                    reason:
                        "\(layout.names[place]) \(QueryError.quoted(record[place].text)) is not a decimal number with "
                        + "at most \(Bill.decimals) decimals"
                )
            }
            sums[place] = Apportionment.split(amount.units, by: weights)
        }
        for (index, share) in shares.enumerated() {
            var part = record
            for (place, parts) in sums { part[place].text = Self.decimal(parts[index]) }
            layout.append(part, split: share.cells, to: &text)
        }
    }

    /// The parts of an item's charges, each with some weight.
    private mutating func shares(_ key: Key) -> [Share] {
        if let known = shares[key] { return known }
        guard let item = items[key] else { return [] }
        let causes = BillAllocation.causes(of: item, in: measured[key.kind] ?? []).filter { $0.bytes > 0 }
        let bytes = causes.reduce(UInt128(0)) { $0 + $1.bytes }
        var rest = item.bytes.map { $0 > bytes ? $0 - bytes : 0 } ?? 0
        // What nobody measured is all unexplained.
        let isUnmeasured = bytes == 0 && rest == 0
        if isUnmeasured { rest = 1 }
        let weights = causes.map(\.bytes) + (rest > 0 ? [rest] : [])
        let whole = Int128(BillAmount.one)
        let ratios = Apportionment.split(whole, by: weights) ?? []
        var shares: [Share] = []
        for (index, weight) in weights.enumerated() {
            let group = index < causes.count ? causes[index].group : nil
            let quantity = isUnmeasured ? 0 : weight
            shares.append(
                Share(cells: cells(group, ratio: Self.decimal(ratios[index]), bytes: quantity), weight: weight)
            )
        }
        self.shares[key] = shares
        return shares
    }

    /// The cells of ``FocusColumn/splitNames``; without a group those of what is not explained.
    private func cells(_ group: [String]?, ratio: String, bytes: UInt128) -> [Report.Cell] {
        let details = "{\"Elements\":[{\"AllocatedRatio\":\(ratio),\"UsageUnit\":\"B\",\"UsageQuantity\":\(bytes)}]}"
        guard let group else { return [.text(details), .text(Self.methodID), .null, .null, .null] }
        let named = group.filter { !$0.isEmpty }
        let id = named.isEmpty ? "unattributed" : group.map { $0.isEmpty ? "-" : $0 }.joined(separator: "/")
        var tags = JSONWriter()
        tags.beginObject()
        for (dimension, value) in zip(dimensions, group) where !value.isEmpty {
            tags.member("netledger/\(dimension.rawValue)", value)
        }
        tags.endObject()
        return [
            .text(details), .text(Self.methodID), .text(id), .text(named.last ?? "unattributed"),
            named.isEmpty ? .null : .text(String(decoding: tags.bytes, as: UTF8.self)),
        ]
    }

    /// `units` of 10^-12 as a decimal number without needless zeros.
    private static func decimal(_ units: Int128) -> String {
        var text = Digits(Bill.decimals).text(units)
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }
}

/// Where the cells of a bill's rows go.
private struct Layout {
    let names: [String]
    let format: BillFormat
    /// Places of columns whose values are split.
    let sums: [Int]
    private let own: [Int]
    private let custom: [Int]
    /// Where the bill has the columns of split charges, in the order of ``FocusColumn/splitNames``.
    private let split: [Int?]

    init(_ names: [String], line: Int) throws(Bill.Failure) {
        self.names = names
        format = try BillFormat(header: names, line: line)
        guard format.isFocus else {
            throw Bill.Failure(line: line, reason: "only a bill with the columns of FOCUS can be written as FOCUS")
        }
        sums = names.indices.filter { FocusColumn.sums.contains(names[$0]) }
        custom = names.indices.filter { names[$0].hasPrefix("x_") }
        own = names.indices.filter { !names[$0].hasPrefix("x_") && !FocusColumn.splitNames.contains(names[$0]) }
        split = FocusColumn.splitNames.map { names.firstIndex(of: $0) }
    }

    /// The columns that are written: FOCUS's own, those of split charges, then custom ones.
    var header: [String] {
        own.map { names[$0] } + FocusColumn.splitNames + custom.map { names[$0] }
    }

    /// True if `record` is a part of a charge already.
    func isSplit(_ record: [CSVReader.Cell]) -> Bool {
        split.contains { $0.map { !record[$0].text.isEmpty } ?? false }
    }

    /// Appends a row; without `split` its cells there are the record's own.
    func append(_ record: [CSVReader.Cell], split cells: [Report.Cell]? = nil, to text: inout [UInt8]) {
        func cell(_ place: Int?) -> Report.Cell {
            guard let place, !record[place].text.isEmpty else { return .null }
            // A number may begin with a minus sign, and is no formula.
            return FocusValidator.isDecimal(record[place].text)
                ? .decimal(record[place].text) : .text(record[place].text)
        }
        text.appendCSV(own.map(cell) + (cells ?? split.map(cell)) + custom.map(cell))
        text.append(contentsOf: "\r\n".utf8)
    }
}
