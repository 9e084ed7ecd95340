// SPDX-License-Identifier: Apache-2.0
public import Pricing
import Traffic

/// The answer to a ``DiffQuery``: which groups explain the change.
///
/// The changes of all rows and of the others add up to the change of the whole, in bytes and in money.
public struct DiffAnswer: Sendable {
    /// A group at both times.
    public struct Row: Hashable, Sendable {
        /// Values of the query's dimensions.
        public var group: [String]
        /// Egress plus ingress bytes at the earlier time.
        public var bytesBefore: Int128 = 0
        /// The same at the later time.
        public var bytesAfter: Int128 = 0
        /// Cost at the earlier time, in units of the last digit of ``DiffAnswer/digits``; 0 without prices.
        public var costBefore: Int128 = 0
        /// The same at the later time.
        public var costAfter: Int128 = 0

        /// How many more bytes, or fewer if negative.
        public var bytesChange: Int128 { bytesAfter - bytesBefore }
        /// How much more it costs, or less if negative.
        public var costChange: Int128 { costAfter - costBefore }

        static func += (left: inout Row, right: Row) {
            left.bytesBefore += right.bytesBefore
            left.bytesAfter += right.bytesAfter
            left.costBefore += right.costBefore
            left.costAfter += right.costAfter
        }
    }

    /// The question.
    public let query: DiffQuery
    /// The prices; `nil` if there are none.
    public let book: PriceBook?
    /// Decimals of all amounts.
    public let digits: Digits
    /// The largest change first.
    public let rows: [Row]
    /// How many groups the limit left unnamed, and their sum; `nil` if there are none.
    public let other: (groups: Int, sum: Row)?
    /// The sum of all.
    public let total: Row
    /// Spans of the earlier time that were pruned, oldest first.
    public let missingBefore: [UsageFacts.Span]
    /// Spans of the later time that were pruned, oldest first.
    public let missingAfter: [UsageFacts.Span]

    /// The answer that follows from the bytes of both times and, if there are prices, from their costs.
    ///
    /// - Parameters:
    ///   - query: The question.
    ///   - before: The answer to ``DiffQuery/before``.
    ///   - after: The answer to ``DiffQuery/after``.
    ///   - costs: What the same groups cost at both times.
    public init(
        _ query: DiffQuery,
        before: UsageFacts,
        after: UsageFacts,
        costs: (before: CostAnswer, after: CostAnswer)? = nil
    ) {
        var groups: [[String]: Row] = [:]
        for fact in before.facts {
            groups[fact.group, default: Row(group: fact.group)].bytesBefore +=
                Int128(fact.counters.egressBytes) + Int128(fact.counters.ingressBytes)
        }
        for fact in after.facts {
            groups[fact.group, default: Row(group: fact.group)].bytesAfter +=
                Int128(fact.counters.egressBytes) + Int128(fact.counters.ingressBytes)
        }
        for row in costs?.before.rows ?? [] {
            groups[row.group, default: Row(group: row.group)].costBefore += row.sum.cost
        }
        for row in costs?.after.rows ?? [] {
            groups[row.group, default: Row(group: row.group)].costAfter += row.sum.cost
        }
        let byCost = query.order == .cost && costs != nil
        let ranked = groups.values.sorted { left, right in
            let one = byCost ? left.costChange.magnitude : left.bytesChange.magnitude
            let two = byCost ? right.costChange.magnitude : right.bytesChange.magnitude
            if one != two { return one > two }
            if left.bytesChange.magnitude != right.bytesChange.magnitude {
                return left.bytesChange.magnitude > right.bytesChange.magnitude
            }
            return left.group.lexicographicallyPrecedes(right.group)
        }
        let named = min(query.after.limit ?? .max, ranked.count)
        rows = Array(ranked.prefix(named))
        other =
            named == ranked.count
            ? nil
            : (ranked.count - named, ranked.dropFirst(named).reduce(into: Row(group: [])) { $0 += $1 })
        total = ranked.reduce(into: Row(group: [])) { $0 += $1 }
        missingBefore = before.missing
        missingAfter = after.missing
        self.query = query
        book = costs?.after.book
        digits = costs?.after.digits ?? .exact
    }
}
