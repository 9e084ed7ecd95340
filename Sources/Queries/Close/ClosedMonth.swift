// SPDX-License-Identifier: Apache-2.0
public import Pricing
public import Traffic

/// What a month came to: every byte and its cost by the dimensions that finance asks for, and the rules behind them.
///
/// The same facts, prices and rules always make the same text, so its hash says whether anything changed.
public struct ClosedMonth: Sendable {
    /// What the bytes and costs are cut by.
    public static let dimensions: [Dimension] = [
        .cluster, .region, .namespace, .ownerKind, .scope, .initiator, .nat, .network,
    ]

    /// The month's seconds since 1970-01-01T00:00:00Z.
    public let span: Range<Int64>
    private let facts: [UsageFacts.Fact]
    private let losses: [Loss]
    private let costs: CostAnswer
    private let rules: [(name: String, value: String)]

    /// A month's questions: one about bytes, then those of ``costs``.
    public struct Questions: Sendable {
        /// The bytes of the month.
        public let usage: UsageQuery
        /// Their costs.
        public let costs: CostPlan

        /// What must be asked, all from one snapshot, in this order.
        public var queries: [UsageQuery] { [usage] + costs.queries }

        /// The questions about the month of `span`.
        ///
        /// - Parameter book: The prices; `nil` if there are none, and then nothing costs anything.
        /// - Throws: An error about `start` or `end` if the book is not complete for the month.
        public init(_ span: Range<Int64>, book: PriceBook?) throws(QueryError) {
            usage = UsageQuery(start: span.lowerBound, end: span.upperBound, groupBy: ClosedMonth.dimensions)
            costs = try CostPlan(
                CostQuery(usage: usage, byLine: true, order: .group),
                book: book ?? PriceBook(name: "", currency: "", start: 0, lines: [])
            )
        }
    }

    /// The answers to ``Questions``, as they are read.
    public struct Sheet: FactSink {
        let span: Range<Int64>
        var facts: [UsageFacts.Fact] = []
        var costs: CostSheet

        /// A sheet on which nothing stands.
        public init(_ questions: Questions) {
            span = questions.usage.start..<questions.usage.end
            costs = CostSheet(questions.costs)
        }

        /// Keeps the month's bytes, and prices them.
        ///
        /// - Throws: ``CostOverflow`` and ``AnswerTooLarge``.
        public mutating func add(_ facts: [UsageFacts.Fact], of question: Int) throws {
            guard question == 0 else { return try costs.add(facts, of: question - 1) }
            self.facts += facts
            guard self.facts.count <= UsageQuery.mostFacts else { throw AnswerTooLarge() }
        }
    }

    /// The month that `sheet`, with all facts, makes.
    ///
    /// - Parameters:
    ///   - sheet: The facts of all questions.
    ///   - losses: Bytes that nodes reported as lost in the month.
    ///   - rules: What identifies the lists of networks and the configuration, by name.
    /// - Throws: ``CostOverflow``.
    public init(
        _ sheet: Sheet,
        losses: [Loss],
        rules: [(name: String, value: String)]
    ) throws(CostOverflow) {
        span = sheet.span
        facts = sheet.facts
        self.losses = losses
        costs = try CostAnswer(sheet.costs, missing: [])
        self.rules = rules
    }

    /// The month as JSON: always the same for the same month.
    public var document: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("format", 1)
        json.member("month", UTCTime(secondsSinceEpoch: span.lowerBound).monthText)
        json.member("start", UTCTime(secondsSinceEpoch: span.lowerBound).description)
        json.member("end", UTCTime(secondsSinceEpoch: span.upperBound).description)
        json.key("rules")
        json.beginObject()
        for rule in rules { json.member(rule.name, rule.value) }
        json.endObject()
        json.key("book")
        if costs.book.name.isEmpty {
            json.null()
        } else {
            json.beginObject()
            json.members(costs.book)
            json.endObject()
        }
        json.member("currency", costs.book.currency)
        json.key("dimensions")
        json.beginArray()
        for dimension in Self.dimensions { json.value(dimension.rawValue) }
        json.endArray()
        json.key("bytes")
        json.beginArray()
        for fact in facts.sorted(by: { $0.group.lexicographicallyPrecedes($1.group) }) {
            json.beginObject()
            for (dimension, value) in zip(Self.dimensions, fact.group) { json.member(dimension.rawValue, value) }
            json.members(fact.counters)
            json.endObject()
        }
        json.endArray()
        json.key("lost")
        json.beginArray()
        for loss in losses.sorted(by: { $0.reason < $1.reason }) {
            json.beginObject()
            json.member("reason", loss.reason)
            json.members(loss.counters)
            json.endObject()
        }
        json.endArray()
        json.key("costs")
        json.beginArray()
        for row in costs.rows where row.group.last != "" {
            json.beginObject()
            for (name, value) in zip(costs.groupNames, row.group) { json.member(name, value) }
            json.members(row.sum, costs.digits)
            json.endObject()
        }
        json.endArray()
        json.key("total")
        json.beginObject()
        json.members(facts.reduce(into: .zero) { $0 += $1.counters })
        json.member("cost", costs.digits.text(costs.total.cost))
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
