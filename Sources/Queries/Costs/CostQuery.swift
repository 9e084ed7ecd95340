// SPDX-License-Identifier: Apache-2.0
public import Pricing

/// A validated question: what did bytes cost, over which time, grouped by what.
public struct CostQuery: Hashable, Sendable {
    /// The bytes that are meant, their groups and the limit; its order is not used.
    public var usage: UsageQuery
    /// True if each line of the price book is a group of its own.
    public var byLine: Bool
    /// The lines that count, by their places in the book; `nil` for all.
    public var lines: Set<Int>?
    /// How the groups are sorted.
    public var order: Order

    /// A sort order of groups.
    public enum Order: String, Hashable, Sendable, CaseIterable {
        /// By cost, largest first.
        case cost
        /// By egress plus ingress bytes, largest first.
        case bytes
        /// By the groups' values, ascending.
        case group
    }

    /// What stands for a line of the price book in `group_by` and in columns.
    public static let lineName = "line"

    /// A query with the given parts.
    public init(usage: UsageQuery, byLine: Bool = false, lines: Set<Int>? = nil, order: Order = .cost) {
        self.usage = usage
        self.byLine = byLine
        self.lines = lines
        self.order = order
    }

    /// The query that raw parameters ask for.
    ///
    /// They are those of ``UsageQuery`` with these differences:
    ///
    /// | parameter | value | default |
    /// |---|---|---|
    /// | `group_by` | may name `line` too, which becomes the last column | none |
    /// | `line` | names of lines of the book that count, separated by commas or repeated | all |
    /// | `charge` | charges whose lines count, in the same form | all |
    /// | `order` | `cost`, `bytes` or `group` | `cost` |
    ///
    /// - Parameters:
    ///   - parameters: Names and values; the query counts nothing beyond their visibility.
    ///   - now: Seconds since 1970-01-01T00:00:00Z, not negative.
    ///   - book: The prices, whose lines can be named.
    /// - Throws: The first parameter that is unknown, wrong, or given twice where one value is meant.
    public init(
        parameters: QueryParameters,
        now: Int64,
        book: PriceBook
    ) throws(QueryError) {
        let lines = book.lines.map { CostParameters.Line(name: $0.name, charge: $0.charge) }
        try self.init(parameters, now: now, CostParameters(lines, of: "the price book \(book.name)"))
    }

    /// The same about saved bills: a line, and a charge, is what a bill's lines are for (``BillKind``), in their order.
    ///
    /// - Throws: The first parameter that is unknown, wrong, or given twice where one value is meant.
    public init(ofBills parameters: QueryParameters, now: Int64) throws(QueryError) {
        let lines = BillKind.allCases.map { CostParameters.Line(name: $0.rawValue, charge: $0.rawValue) }
        try self.init(parameters, now: now, CostParameters(lines, of: "what bills are read for"))
    }

    private init(
        _ parameters: QueryParameters,
        now: Int64,
        _ parametersOfCosts: CostParameters
    ) throws(QueryError) {
        var own = parametersOfCosts
        var rest: [(name: String, value: String)] = []
        for (name, value) in parameters.pairs {
            if try !own.take(name, value, into: &rest) { rest.append((name, value)) }
        }
        self.init(
            usage: try UsageQuery(
                parameters: parameters.with(rest),
                now: now,
                without: ["compare"],
                besides: [Self.lineName, "charge"] + CostBasis.parameterNames + TableStyle.parameterNames
            ),
            byLine: own.byLine,
            lines: own.lines,
            order: own.order ?? .cost
        )
    }
}

/// The parameters that a question about money has beyond one about bytes.
private struct CostParameters {
    struct Line {
        var name: String
        var charge: String
    }

    private let known: [Line]
    private let source: String
    private(set) var byLine = false
    private(set) var lines: Set<Int>?
    private(set) var order: CostQuery.Order?

    /// - Parameters:
    ///   - known: The lines that can be named.
    ///   - source: What has them, for the refusal of others.
    init(_ known: [Line], of source: String) {
        self.known = known
        self.source = source
    }

    /// Takes a parameter that is one of these, and puts what is left of it into `rest`.
    ///
    /// - Returns: False if it is none of these.
    mutating func take(
        _ name: String,
        _ value: String,
        into rest: inout [(name: String, value: String)]
    ) throws(QueryError) -> Bool {
        switch name {
        case "group_by":
            var names = value.split(separator: ",", omittingEmptySubsequences: false)
            let all = names.count
            names.removeAll { $0 == CostQuery.lineName }
            guard names.count + (byLine ? 1 : 0) >= all - 1 else {
                throw QueryError(parameter: name, detail: "names \(CostQuery.lineName) twice")
            }
            if names.count < all { byLine = true }
            if !names.isEmpty { rest.append((name, names.joined(separator: ","))) }
        case CostQuery.lineName:
            try add(value, of: name) { $0.name }
        case "charge":
            try add(value, of: name) { $0.charge }
        case "order":
            guard order == nil else {
                throw QueryError(parameter: name, detail: "is given more than once; it takes one value")
            }
            guard let choice = CostQuery.Order(rawValue: value) else {
                let known = CostQuery.Order.allCases.map(\.rawValue).joined(separator: ", ")
                throw QueryError(
                    parameter: name,
                    detail: "\(QueryError.quoted(value)) is not accepted; choose from \(known)"
                )
            }
            order = choice
        default:
            return false
        }
        return true
    }

    private mutating func add(_ value: String, of name: String, _ text: (Line) -> String) throws(QueryError) {
        for wanted in value.split(separator: ",", omittingEmptySubsequences: false) {
            let found = known.indices.filter { text(known[$0]) == wanted }
            guard !found.isEmpty else {
                let choices = known.reduce(into: [String]()) { choices, line in
                    if !choices.contains(text(line)) { choices.append(text(line)) }
                }
                throw QueryError(
                    parameter: name,
                    detail: "\(QueryError.quoted(String(wanted))) is not in \(source); choose from "
                        + choices.joined(separator: ", ")
                )
            }
            lines = (lines ?? []).union(found)
        }
    }
}
