// SPDX-License-Identifier: Apache-2.0
public import Pricing

/// What saved bills came to, for the groups of a question.
///
/// All amounts are in 10^-12 of the currency's unit, and exact: the rows and ``other`` add up to what is shown of each
/// charge, and that with what went to other times and groups and what is unexplained is what was billed.
public struct AllocatedCosts: Sendable {
    /// What the bills say for one kind, and where it went.
    public struct Charge: Hashable, Sendable {
        /// What for.
        public var kind: BillKind
        /// What was billed by items that reach into the range.
        public var billed: Int128
        /// What the answer's rows and others have of it.
        public var shown: Int128
        /// What has no cause that was measured.
        public var unexplained: Int128
        /// Bytes that the bills say, of the items that say any.
        public var billedBytes: UInt128
        /// Bytes that were measured for the same items.
        public var measuredBytes: UInt128

        /// What other times than the range, or groups that the filters leave out, have caused.
        public var elsewhere: Int128 { billed - shown - unexplained }
    }

    /// The question.
    public let query: CostQuery
    /// The bills.
    public let bills: [SavedBill]
    /// The currency of all amounts.
    public let currency: String
    /// Decimals of all amounts.
    public let digits = Digits(Bill.decimals)
    /// Oldest first, and within a bucket in the query's order.
    public let rows: [CostAnswer.Row]
    /// How many groups the limit left unnamed, and their sums by bucket; `nil` if there are none.
    public let other: (groups: Int, rows: [CostAnswer.Row])?
    /// Sum over all groups.
    public let total: CostAnswer.Sum
    /// One for each kind that is billed.
    public let charges: [Charge]
    /// Spans of the range that no bill bills, oldest first.
    public let unbilled: [UsageFacts.Span]
    /// Spans of the bills' periods that were pruned from the ledger, oldest first.
    public let missing: [UsageFacts.Span]
    /// True if whoever asked may see what was billed in all.
    public let showsCharges: Bool

    /// The answer that a sheet gives when all facts of its plan's questions stand on it.
    ///
    /// - Parameters:
    ///   - sheet: The facts.
    ///   - missing: Spans that were pruned of the questions' ranges.
    public init(_ sheet: AllocatedSheet, missing: [UsageFacts.Span]) {
        let plan = sheet.plan
        let (cells, sums) = sheet.split()
        let ranking = CostRanking(plan.query, cells)
        query = plan.query
        bills = plan.bills
        currency = plan.currency
        rows = ranking.rows
        other = ranking.other
        total = ranking.total
        charges = plan.kinds.compactMap { kind in
            sums[kind]
                .map {
                    Charge(
                        kind: kind,
                        billed: $0.billed,
                        shown: $0.shown,
                        unexplained: $0.unexplained,
                        billedBytes: $0.billedBytes,
                        measuredBytes: $0.measuredBytes
                    )
                }
        }
        unbilled = plan.unbilled
        self.missing = missing
        showsCharges = plan.query.usage.visibility == .everything
    }
}
