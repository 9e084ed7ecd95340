// SPDX-License-Identifier: Apache-2.0
public import Pricing

/// The answer to a ``CostQuery``: what each group cost, by list prices.
///
/// All amounts are in units of the last digit of ``digits``. The rows and ``other`` add up to the lines' costs, and
/// these to ``total``, to the last digit.
public struct CostAnswer: Sendable {
    /// Bytes and what they cost.
    public struct Sum: Hashable, Sendable {
        /// Bytes sent.
        public var egressBytes: UInt64 = 0
        /// Bytes received.
        public var ingressBytes: UInt64 = 0
        /// Their cost.
        public var cost: Int128 = 0

        static func += (left: inout Sum, right: Sum) {
            left.egressBytes += right.egressBytes
            left.ingressBytes += right.ingressBytes
            left.cost += right.cost
        }
    }

    /// One group in one bucket.
    public struct Row: Hashable, Sendable {
        /// First second of the bucket.
        public var bucketStart: Int64
        /// Values of the query's dimensions, then the line's name if lines are groups.
        public var group: [String]
        /// Bytes and cost.
        public var sum: Sum
    }

    /// A tariff that was used.
    public struct Rate: Hashable, Sendable {
        /// When it holds, within the range.
        public var span: Range<Int64>
        /// The prices.
        public var tariff: Tariff
        /// For tiers, everything that the month had so far.
        public var monthBytes: UInt64?
    }

    /// What a line of the book came to.
    public struct Line: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// What it is for.
        public var charge: String
        /// The bytes it charges, and what it costs.
        public var sum: Sum
        /// Its tariffs, oldest first.
        public var rates: [Rate]
    }

    /// The question.
    public let query: CostQuery
    /// The prices.
    public let book: PriceBook
    /// Decimals of all amounts.
    public let digits: Digits
    /// Width of the ledger's buckets that were read: the narrowest.
    public let resolution: Resolution
    /// Oldest first, and within a bucket in the query's order.
    public let rows: [Row]
    /// How many groups the limit left unnamed, and their sums by bucket; `nil` if there are none.
    public let other: (groups: Int, rows: [Row])?
    /// The lines that count, in the book's order.
    public let lines: [Line]
    /// Sum over all groups.
    public let total: Sum
    /// Bytes that met no line; `nil` if the query picks lines.
    public let unpriced: Sum?
    /// Spans that were pruned of the range, or of the months whose tiers count, oldest first.
    public let missing: [UsageFacts.Span]

    /// The answer that a sheet gives when all facts of its plan's questions stand on it.
    ///
    /// - Parameters:
    ///   - sheet: The facts.
    ///   - missing: Spans that were pruned of the questions' ranges.
    ///   - digits: Decimals of all amounts.
    /// - Throws: ``CostOverflow`` if an amount is larger than ``Pricing/Money`` holds.
    public init(
        _ sheet: CostSheet,
        missing: [UsageFacts.Span],
        digits: Digits = .exact
    ) throws(CostOverflow) {
        var carry: [Int: Money] = [:]
        try self.init(sheet, missing: missing, digits: digits, carry: &carry)
    }

    /// The same, one of several answers whose lines add up to their rounded sums over all of them.
    ///
    /// - Parameter carry: What earlier answers' rounding left of each line, by its place in the book.
    init(
        _ sheet: CostSheet,
        missing: [UsageFacts.Span],
        digits: Digits,
        carry: inout [Int: Money]
    ) throws(CostOverflow) {
        var sheet = sheet
        let plan = sheet.plan
        try sheet.shareTiers()
        let costs = try sheet.rounded(to: digits, carry: &carry)
        let ranking = CostRanking(sheet, costs: costs)
        query = plan.query
        book = plan.book
        self.digits = digits
        resolution = plan.queries.lazy.map(\.resolution).min { $0.seconds < $1.seconds } ?? .minute
        rows = ranking.rows
        other = ranking.other
        total = ranking.total
        lines = plan.lines.map { line in
            var sum = sheet.charged[line] ?? Sum()
            sum.cost = costs.ofLine[line] ?? 0
            return Line(
                name: plan.book.lines[line].name,
                charge: plan.book.lines[line].charge,
                sum: sum,
                rates: sheet.rates(of: line)
            )
        }
        self.missing = missing
        unpriced = plan.query.lines == nil ? sheet.unpriced : nil
    }
}

/// An amount of money that is too large to be held exactly.
public struct CostOverflow: Error, Hashable, Sendable, CustomStringConvertible {
    /// A sentence for whoever asked.
    public var description: String {
        "an amount passes 8,000,000,000,000 units of the currency; ask for a shorter range, or check the price book"
    }
}
