// SPDX-License-Identifier: Apache-2.0

/// A validated question: what changed from one time to another, grouped by what.
public struct DiffQuery: Hashable, Sendable {
    /// The later time and its groups; its limit is the answer's, and it has no step.
    public var after: UsageQuery
    /// The earlier time, with the same groups and filters.
    public var before: UsageQuery
    /// What sorts the groups.
    public var order: Order

    /// A sort order of groups.
    public enum Order: String, Hashable, Sendable, CaseIterable {
        /// By the change of cost, the largest first, whichever way; by bytes if there are no prices.
        case cost
        /// By the change of bytes, the largest first, whichever way.
        case bytes
    }

    /// The query that raw parameters ask for.
    ///
    /// `start`, `end`, `group_by`, filters, `limit` and `format` are those of ``UsageQuery``; and
    ///
    /// | parameter | value | default |
    /// |---|---|---|
    /// | `before_start` | a time, as `start` | as long before `before_end` as the later time is long |
    /// | `before_end` | a time, as `end` | `start` |
    /// | `order` | `cost` or `bytes` | `cost` |
    ///
    /// - Throws: The first parameter that is unknown, wrong, or given twice where one value is meant.
    public init(parameters: QueryParameters, now: Int64) throws(QueryError) {
        var rest: [(name: String, value: String)] = []
        var own: [String: String] = [:]
        for (name, value) in parameters.pairs {
            guard ["before_start", "before_end", "order"].contains(name) else {
                rest.append((name, value))
                continue
            }
            guard own.updateValue(value, forKey: name) == nil else {
                throw QueryError(parameter: name, detail: "is given more than once; it takes one value")
            }
        }
        guard !rest.contains(where: { $0.name == "step" }) else {
            throw QueryError(parameter: "step", detail: "has no meaning here: each time is one bucket")
        }
        let after = try UsageQuery(parameters: QueryParameters(rest, visibility: parameters.visibility), now: now)
        var before = after
        if let text = own["before_end"] {
            before.end = try Self.minute(text, "before_end", now: now)
        } else {
            before.end = after.start
        }
        if let text = own["before_start"] {
            before.start = try Self.minute(text, "before_start", now: now)
        } else {
            before.start = max(0, before.end - (after.end - after.start))
        }
        guard before.start < before.end else {
            throw QueryError(
                parameter: own["before_start"] == nil ? "before_end" : "before_start",
                detail: "the range is empty: \(UTCTime(secondsSinceEpoch: before.start)) must be before "
                    + "\(UTCTime(secondsSinceEpoch: before.end))"
            )
        }
        before.limit = nil
        self.after = after
        self.before = before
        order = .cost
        if let text = own["order"] {
            guard let choice = Order(rawValue: text) else {
                throw QueryError(
                    parameter: "order",
                    detail: "\(QueryError.quoted(text)) is not accepted; choose from "
                        + Order.allCases.map(\.rawValue).joined(separator: ", ")
                )
            }
            order = choice
        }
    }

    private static func minute(_ text: String, _ name: String, now: Int64) throws(QueryError) -> Int64 {
        let moment = try ParameterReader.moment(text, name, now: now)
        return moment.seconds - moment.seconds % 60
    }
}
