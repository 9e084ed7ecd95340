// SPDX-License-Identifier: Apache-2.0

import Pricing

/// The lines of a bill that bytes cause, read from CSV with the columns of FOCUS or of AWS's cost and usage report.
public struct Bill: Sendable {
    /// What is paid for the same kind, in the same time and region.
    public struct Item: Hashable, Sendable {
        /// What for.
        public var kind: BillKind
        /// When, in seconds since 1970-01-01T00:00:00Z.
        public var period: Range<Int64>
        /// Where; empty if the bill does not say.
        public var region: String
        /// How much, in 10^-12 of the currency's unit.
        public var cost: Int128
        /// The bytes that were billed; `nil` if some line says no number of bytes.
        public var bytes: UInt128?
    }

    /// What is wrong with a bill: a line and a sentence without its full stop.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// The line, from 1; 0 if it is the whole.
        public var line: Int
        /// What is wrong, and what would be right.
        public var reason: String

        /// The line and the reason.
        public var description: String {
            line == 0 ? reason : "line \(line): \(reason)"
        }
    }

    /// Decimals of ``Item/cost``.
    public static let decimals = 12

    /// Currency of all items; `nil` before the first line.
    public private(set) var currency: String?
    /// Lines that were read, the header not counted.
    public private(set) var lines = 0
    /// Lines that bytes do not cause, and what they cost.
    public private(set) var others: (lines: Int, cost: Int128) = (0, 0)
    /// The decimals that the bill's amounts have, at least 2.
    public private(set) var shownDecimals = 2

    private var reader = CSVReader()
    private var format: BillFormat?
    private var items: [Key: Item] = [:]

    private struct Key: Hashable {
        var kind: BillKind
        var period: Range<Int64>
        var region: String
    }

    /// A bill of which nothing was read.
    public init() {}

    /// How many items there are.
    public var itemCount: Int { items.count }

    /// The items, oldest first.
    public var sortedItems: [Item] {
        items.values.sorted { left, right in
            if left.period != right.period {
                return (left.period.lowerBound, left.period.upperBound)
                    < (right.period.lowerBound, right.period.upperBound)
            }
            return (left.kind.rawValue, left.region) < (right.kind.rawValue, right.region)
        }
    }

    /// Reads the next piece of the CSV text.
    ///
    /// - Throws: ``Failure`` or ``CSVReader/Failure``.
    public mutating func read(_ bytes: some Sequence<UInt8>) throws {
        var reader = reader
        try reader.read(bytes) { record, line in try add(record.get(), line) }
        self.reader = reader
    }

    /// Reads the end of the text.
    ///
    /// - Throws: ``Failure`` or ``CSVReader/Failure``.
    public mutating func finish() throws {
        var reader = reader
        try reader.finish { record, line in try add(record.get(), line) }
        self.reader = reader
        guard format != nil else { throw Failure(line: 0, reason: "the bill is empty") }
    }

    /// True if the columns are those of FOCUS; false before the header.
    public var isFocus: Bool {
        format?.isFocus ?? false
    }

    /// Adds what `other` bills, which was read to its end.
    ///
    /// - Throws: ``Failure`` if it is in another currency; nothing was added then.
    public mutating func merge(_ other: Bill) throws(Failure) {
        if let currency, let theirs = other.currency, currency != theirs {
            throw Failure(line: 0, reason: "one is in \(currency) and one in \(theirs)")
        }
        currency = currency ?? other.currency
        lines += other.lines
        others = (others.lines + other.others.lines, others.cost + other.others.cost)
        shownDecimals = max(shownDecimals, other.shownDecimals)
        for (key, theirs) in other.items {
            guard var item = items[key] else {
                items[key] = theirs
                continue
            }
            item.cost += theirs.cost
            item.bytes = theirs.bytes.flatMap { bytes in item.bytes.map { $0 + bytes } }
            items[key] = item
        }
    }

    /// What of it is split, and no more, as CSV that reads as a bill of the same items.
    ///
    /// The same items always make the same text.
    public var summary: [UInt8] {
        var text: [UInt8] = Array((Self.summaryColumns.joined(separator: ",") + "\r\n").utf8)
        let digits = Digits(Self.decimals)
        for item in sortedItems {
            let times = [item.period.lowerBound, item.period.upperBound]
                .map { Report.Cell.text(UTCTime(secondsSinceEpoch: $0).description) }
            let bytes = item.bytes.map { Report.Cell.decimal(String($0)) } ?? .null
            text.appendCSV([.decimal(digits.text(item.cost)), .text(currency ?? "")])
            text.append(UInt8(ascii: ","))
            text.appendCSV(times + [.text(item.kind.usageType), bytes, .text("B"), .text(item.region)])
            text.append(contentsOf: "\r\n".utf8)
        }
        return text
    }

    private static let summaryColumns = [
        "BilledCost", "BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd", "SkuMeter", "ConsumedQuantity",
        "ConsumedUnit", "RegionId",
    ]

    private mutating func add(_ record: [CSVReader.Cell], _ line: Int) throws {
        guard let format else {
            self.format = try BillFormat(header: record.map(\.text), line: line)
            return
        }
        lines += 1
        let row = try format.row(record.map(\.text), line)
        if let currency, currency != row.currency {
            throw Failure(line: line, reason: "the currency is \(row.currency), and was \(currency) before")
        }
        currency = row.currency
        shownDecimals = max(shownDecimals, row.cost.decimals)
        guard let kind = row.kind else {
            others.lines += 1
            others.cost += row.cost.units
            return
        }
        let period = try row.period.get()
        let key = Key(kind: kind, period: period, region: row.region)
        var item =
            items[key] ?? Item(kind: kind, period: period, region: row.region, cost: 0, bytes: 0)
        item.cost += row.cost.units
        // Hours of a gateway are no bytes: they go the way of the bytes that the same item has.
        if !row.isHours { item.bytes = row.bytes.flatMap { bytes in item.bytes.map { $0 + bytes } } }
        items[key] = item
    }
}
