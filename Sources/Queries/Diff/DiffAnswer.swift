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

    /// The answers to a ``DiffQuery``'s questions, as they are read.
    public struct Sheet: FactSink {
        /// The questions: about bytes before and after, then about their costs.
        public let queries: [UsageQuery]
        let query: DiffQuery
        var groups: [[String]: Row] = [:]
        /// The costs of both times, the earlier first; empty without prices.
        var costs: [CostSheet]

        /// A sheet on which nothing stands.
        ///
        /// - Throws: An error about a range for which `book` is not complete.
        public init(_ query: DiffQuery, book: PriceBook?) throws(QueryError) {
            self.query = query
            costs = []
            var queries = [query.before, query.after]
            for usage in queries {
                guard let book else { break }
                var usage = usage
                usage.limit = nil
                let plan = try CostPlan(CostQuery(usage: usage), book: book)
                costs.append(CostSheet(plan))
                queries += plan.queries
            }
            self.queries = queries
        }

        /// Adds bytes to their groups, or prices them.
        ///
        /// - Throws: ``CostOverflow`` and ``AnswerTooLarge``.
        public mutating func add(_ facts: [UsageFacts.Fact], of question: Int) throws {
            guard question < 2 else {
                let before = costs[0].plan.queries.count
                if question - 2 < before { return try costs[0].add(facts, of: question - 2) }
                return try costs[1].add(facts, of: question - 2 - before)
            }
            for fact in facts {
                let bytes = Int128(fact.counters.egressBytes) + Int128(fact.counters.ingressBytes)
                let place = question == 0 ? \Row.bytesBefore : \Row.bytesAfter
                groups[fact.group, default: Row(group: fact.group)][keyPath: place] += bytes
            }
            guard groups.count <= UsageQuery.mostFacts else { throw AnswerTooLarge() }
        }
    }

    /// The answer that a sheet gives when all facts of its questions stand on it.
    ///
    /// - Parameters:
    ///   - sheet: The facts.
    ///   - missing: What was pruned of the range of each of its questions.
    /// - Throws: ``CostOverflow``.
    public init(_ sheet: Sheet, missing: [[UsageFacts.Span]]) throws(CostOverflow) {
        let query = sheet.query
        var groups = sheet.groups
        var costs: (before: CostAnswer, after: CostAnswer)?
        if sheet.costs.count == 2 {
            costs = (try CostAnswer(sheet.costs[0], missing: []), try CostAnswer(sheet.costs[1], missing: []))
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
        missingBefore = missing[0]
        missingAfter = missing[1]
        self.query = query
        book = costs?.after.book
        digits = costs?.after.digits ?? .exact
    }
}
