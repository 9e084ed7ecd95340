// SPDX-License-Identifier: Apache-2.0
public import Pricing
public import Traffic

/// What a NAT review asks: the bytes that gateways charge for, both directions of what was started from inside.
///
/// Bytes of which nobody said whether they pass a gateway are counted as if they did, and stated apart. The costs are
/// those of the price book's lines for the charge ``charge``; without a book there are none.
public struct NATReview: Sendable {
    /// The charge whose lines price NAT gateways.
    public static let charge = "nat"
    /// The values of ``Dimension/nat`` whose bytes a gateway charges for.
    public static let billable: Set<String> = [NATUse.yes.rawValue, NATUse.assumed.rawValue]

    /// One group in one bucket.
    public struct Row: Hashable, Sendable {
        /// First second of the bucket.
        public var bucketStart: Int64
        /// Values of the query's dimensions.
        public var group: [String]
        /// All billable bytes.
        public var counters: FlowCounters
        /// Those of which nobody said that they pass a gateway.
        public var assumed: FlowCounters
        /// What the billable bytes cost, in units of the last digit of ``NATReview/digits``; `nil` without a book.
        public var cost: Int128?

        static func += (left: inout Row, right: Row) {
            left.counters += right.counters
            left.assumed += right.assumed
            if let cost = right.cost { left.cost = (left.cost ?? 0) + cost }
        }
    }

    /// The question.
    public let query: UsageQuery
    /// The prices; `nil` if there are none.
    public let book: PriceBook?
    /// Decimals of all amounts.
    public let digits: Digits
    /// Oldest first, and within a bucket the groups with most bytes over the whole range first.
    public let rows: [Row]
    /// How many groups the limit left unnamed, and their sums by bucket; `nil` if there are none.
    public let other: (groups: Int, rows: [Row])?
    /// Sum of all rows and others.
    public let total: Row
    /// Bytes that the node's side exchanged with the internet and that were booked before the ledger kept whether
    /// they pass a gateway; no part of ``total``.
    public let unknown: FlowCounters
    /// Spans of the range that were pruned, oldest first: nothing here has bytes of them.
    public let missing: [UsageFacts.Span]

    /// The query that raw parameters ask for: those of ``UsageQuery``, where `nat` may only be `yes` or `assumed`.
    ///
    /// - Throws: The first parameter that is unknown, wrong, or given twice where one value is meant.
    public static func query(parameters: QueryParameters, now: Int64) throws(QueryError) -> UsageQuery {
        let query = try UsageQuery(
            parameters: parameters,
            now: now,
            without: ["compare"],
            besides: TableStyle.parameterNames
        )
        if let strange = query.filters[.nat]?.subtracting(billable).min() {
            throw QueryError(
                parameter: Dimension.nat.rawValue,
                detail:
                    "\(QueryError.quoted(strange)) is not charged for; choose from \(billable.sorted().joined(separator: ", "))"
            )
        }
        return query
    }

    /// What a store must answer for `query`, in this order, all from one snapshot; the plan's queries follow.
    ///
    /// - Parameter query: What was asked; values of ``Dimension/nat`` that it filters are of ``billable``.
    private static func queries(_ query: UsageQuery) -> [UsageQuery] {
        var billable = query
        billable.filters[.nat] = query.filters[.nat] ?? Self.billable
        billable.groupBy = query.groupBy.filter { $0 != .nat } + [.nat]
        var unknown = query
        unknown.groupBy = []
        (unknown.step, unknown.calendar) = (nil, nil)
        unknown.filters[.nat] = [NATUse.unknown.rawValue]
        if unknown.filters[.scope] == nil { unknown.filters[.scope] = [Scope.internet.rawValue] }
        if unknown.filters[.initiator] == nil { unknown.filters[.initiator] = [Initiator.pod.name] }
        return [billable, unknown]
    }

    /// The question about money that goes with `query`; `nil` if `book` has no line for ``charge``.
    ///
    /// - Throws: An error about `start` or `end` if the book is not complete for the range.
    private static func plan(_ query: UsageQuery, book: PriceBook?) throws(QueryError) -> CostPlan? {
        guard let book else { return nil }
        let lines = book.lines.indices.filter { book.lines[$0].charge == charge }
        guard !lines.isEmpty else { return nil }
        var usage = query
        usage.filters[.nat] = query.filters[.nat] ?? billable
        usage.limit = nil
        return try CostPlan(CostQuery(usage: usage, lines: Set(lines)), book: book)
    }

    /// The answers to a review's questions, as they are read.
    public struct Sheet: FactSink {
        /// The questions: the billable bytes, those of which it is not known, then their costs.
        public let queries: [UsageQuery]
        let query: UsageQuery
        fileprivate var cells: [Key: Row] = [:]
        var unknown = FlowCounters.zero
        /// The costs; `nil` if `book` has no line for ``NATReview/charge``.
        var costs: CostSheet?

        /// A sheet on which nothing stands.
        ///
        /// - Parameters:
        ///   - query: What was asked; values of ``Dimension/nat`` that it filters are of ``NATReview/billable``.
        ///   - book: The prices; `nil` if there are none.
        /// - Throws: An error about `start` or `end` if the book is not complete for the range.
        public init(_ query: UsageQuery, book: PriceBook?) throws(QueryError) {
            self.query = query
            let plan = try NATReview.plan(query, book: book)
            costs = plan.map { CostSheet($0) }
            queries = NATReview.queries(query) + (plan?.queries ?? [])
        }

        /// Adds bytes to their groups, or prices them.
        ///
        /// - Throws: ``CostOverflow`` and ``AnswerTooLarge``.
        public mutating func add(_ facts: [UsageFacts.Fact], of question: Int) throws {
            switch question {
            case 0: add(facts)
            case 1: unknown = facts.reduce(into: unknown) { $0 += $1.counters }
            default: try costs?.add(facts, of: question - 2)
            }
            guard cells.count <= UsageQuery.mostFacts else { throw AnswerTooLarge() }
        }

        private mutating func add(_ facts: [UsageFacts.Fact]) {
            let natPlace = query.groupBy.firstIndex(of: .nat)
            for fact in facts {
                var group = Array(fact.group.dropLast())
                if let natPlace, let nat = fact.group.last { group.insert(nat, at: natPlace) }
                let key = Key(bucketStart: fact.bucketStart, group: group)
                var row = cells[key] ?? Row(key, hasCost: costs != nil)
                row.counters += fact.counters
                if fact.group.last == NATUse.assumed.rawValue { row.assumed += fact.counters }
                cells[key] = row
            }
        }
    }

    fileprivate struct Key: Hashable {
        var bucketStart: Int64
        var group: [String]
    }

    /// The review that a sheet gives when all facts of its questions stand on it.
    ///
    /// - Parameters:
    ///   - sheet: The facts.
    ///   - missing: Spans that were pruned of the questions' ranges.
    /// - Throws: ``CostOverflow``.
    public init(_ sheet: Sheet, missing: [UsageFacts.Span]) throws(CostOverflow) {
        let query = sheet.query
        var cells = sheet.cells
        var costs: CostAnswer?
        if let priced = sheet.costs { costs = try CostAnswer(priced, missing: missing) }
        for cost in costs?.rows ?? [] {
            cells[Key(bucketStart: cost.bucketStart, group: cost.group)]?.cost = cost.sum.cost
        }
        let none = Row(Key(bucketStart: query.start, group: []), hasCost: costs != nil)
        var totals: [[String]: Row] = [:]
        for (key, row) in cells { totals[key.group, default: none] += row }
        let ranked = totals.sorted { left, right in
            let (one, two) = (left.value.bytes, right.value.bytes)
            return one == two ? left.key.lexicographicallyPrecedes(right.key) : one > two
        }
        let named = min(query.limit ?? .max, ranked.count)
        let ranks = Dictionary(uniqueKeysWithValues: ranked.enumerated().map { ($0.element.key, $0.offset) })
        rows = cells.values.filter { ranks[$0.group] ?? 0 < named }
            .sorted { (($0.bucketStart, ranks[$0.group] ?? 0)) < (($1.bucketStart, ranks[$1.group] ?? 0)) }
        var others: [Int64: Row] = [:]
        for row in cells.values where ranks[row.group] ?? 0 >= named {
            others[row.bucketStart, default: none] += row
            others[row.bucketStart]?.bucketStart = row.bucketStart
        }
        other =
            named == ranked.count
            ? nil : (ranked.count - named, others.sorted { $0.key < $1.key }.map(\.value))
        total = ranked.reduce(into: none) { $0 += $1.value }
        unknown = sheet.unknown
        self.missing = missing
        self.query = query
        book = costs?.book
        digits = costs?.digits ?? .exact
    }
}

extension NATReview.Row {
    /// A row without bytes.
    fileprivate init(_ key: NATReview.Key, hasCost: Bool) {
        self.init(
            bucketStart: key.bucketStart,
            group: key.group,
            counters: .zero,
            assumed: .zero,
            cost: hasCost ? 0 : nil
        )
    }

    /// Both directions.
    public var bytes: UInt64 {
        let (sum, over) = counters.egressBytes.addingReportingOverflow(counters.ingressBytes)
        return over ? .max : sum
    }

    /// Both directions of what is assumed.
    public var assumedBytes: UInt64 {
        let (sum, over) = assumed.egressBytes.addingReportingOverflow(assumed.ingressBytes)
        return over ? .max : sum
    }
}
