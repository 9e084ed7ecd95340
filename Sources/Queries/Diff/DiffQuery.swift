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
    /// `start`, `end`, `tz`, `group_by`, filters, `limit` and `format` are those of ``UsageQuery``; and
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
        let after = try UsageQuery(
            parameters: parameters.with(rest),
            now: now,
            without: ["compare", "step"],
            besides: ["before_start", "before_end"] + TableStyle.parameterNames
        )
        let zone = parameters.zones(after.zone) ?? .utc
        var before = after
        if let text = own["before_end"] {
            before.end = try Self.fitted(text, "before_end", now: now, zone, parameters.horizon)
        } else {
            before.end = after.start
        }
        if let text = own["before_start"] {
            before.start = try Self.fitted(text, "before_start", now: now, zone, parameters.horizon)
        } else {
            let start = max(0, before.end - (after.end - after.start))
            before.start = start.floored(toMultipleOf: parameters.horizon.finest(at: start).seconds)
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

    /// The start of the bucket, of the finest tier that is still kept, which holds the time that `text` means.
    private static func fitted(
        _ text: String,
        _ name: String,
        now: Int64,
        _ zone: Zone,
        _ horizon: TierHorizon
    ) throws(QueryError) -> Int64 {
        let second = try ParameterReader.moment(text, name, now: now, zone: zone).seconds
        return second.floored(toMultipleOf: horizon.finest(at: second).seconds)
    }
}
