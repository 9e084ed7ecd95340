// SPDX-License-Identifier: Apache-2.0

/// Raw parameters, sorted out by name.
struct ParameterReader {
    /// Parameters that take one value.
    private(set) var single: [String: String] = [:]
    /// Dimensions in the order they were named.
    private(set) var groupBy: [Dimension] = []
    /// Values that count, by dimension.
    private(set) var filters: [Dimension: Set<String>] = [:]

    private static let singleNames = ["start", "end", "step", "order", "limit", "format"]

    init(_ parameters: [(name: String, value: String)]) throws(QueryError) {
        for (name, value) in parameters {
            if Self.singleNames.contains(name) {
                guard single.updateValue(value, forKey: name) == nil else {
                    throw QueryError(parameter: name, detail: "is given more than once; it takes one value")
                }
            } else if name == "group_by" {
                try group(by: value)
            } else if let dimension = Dimension(rawValue: name) {
                let values = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                try dimension.check(values)
                filters[dimension, default: []].formUnion(values)
            } else {
                let known = Self.singleNames + ["group_by"] + Dimension.allCases.map(\.rawValue)
                throw QueryError(
                    parameter: name,
                    detail: "is not a parameter; accepted are \(known.joined(separator: ", "))"
                )
            }
        }
    }

    private mutating func group(by names: String) throws(QueryError) {
        for name in names.split(separator: ",", omittingEmptySubsequences: false) {
            guard let dimension = Dimension(rawValue: String(name)) else {
                let known = Dimension.allCases.map(\.rawValue).joined(separator: ", ")
                throw QueryError(
                    parameter: "group_by",
                    detail: "\(QueryError.quoted(String(name))) is not a dimension; accepted are \(known)"
                )
            }
            guard !groupBy.contains(dimension) else {
                throw QueryError(parameter: "group_by", detail: "names \(dimension.rawValue) twice")
            }
            groupBy.append(dimension)
        }
    }

    func moment(_ name: String, now: Int64) throws(QueryError) -> Moment? {
        try single[name].map { text throws(QueryError) in try Self.moment(text, name, now: now) }
    }

    /// The time that `text`, the value of the parameter `name`, means.
    static func moment(_ text: String, _ name: String, now: Int64) throws(QueryError) -> Moment {
        if text == "now" { return .now(now) }
        if text.hasPrefix("-"), let seconds = DurationText.seconds(String(text.dropFirst())) {
            guard seconds <= now else {
                throw QueryError(parameter: name, detail: "\(QueryError.quoted(text)) is before 1970")
            }
            return Moment(seconds: now - seconds)
        }
        guard let moment = Moment(rfc3339: text) else {
            let hint = text.contains(" ") ? "; in a URL, the + of an offset is written %2B" : ""
            throw QueryError(
                parameter: name,
                detail: "\(QueryError.quoted(text)) is not a time; accepted are RFC 3339 such as "
                    + "2026-08-01T12:00:00Z, a date such as 2026-08-01 (midnight UTC), now, and a duration before "
                    + "now such as -90m, -1h or -30d\(hint)"
            )
        }
        guard moment.seconds >= 0 else {
            throw QueryError(parameter: name, detail: "\(QueryError.quoted(text)) is before 1970")
        }
        return moment
    }

    func step(over length: Int64) throws(QueryError) -> Int64? {
        guard let text = single["step"] else { return nil }
        guard let step = DurationText.seconds(text), step % 60 == 0 else {
            throw QueryError(
                parameter: "step",
                detail: "\(QueryError.quoted(text)) is not a step; accepted are durations in whole minutes, "
                    + "such as 1m, 5m, 1h or 1d"
            )
        }
        guard (length - 1) / step < UsageQuery.mostBuckets else {
            let most = UsageQuery.mostBuckets
            let least = ((length + most - 1) / most + 59) / 60 * 60
            throw QueryError(
                parameter: "step",
                detail: "\(text) cuts the range into more than \(UsageQuery.mostBuckets) buckets; "
                    + "for this range it must be at least \(DurationText.text(seconds: least))"
            )
        }
        return step
    }

    func order() throws(QueryError) -> UsageQuery.Order {
        try choice("order", default: .bytes)
    }

    func format() throws(QueryError) -> AnswerFormat? {
        guard single["format"] != nil else { return nil }
        return try choice("format", default: .json)
    }

    func limit() throws(QueryError) -> Int? {
        guard let text = single["limit"] else { return nil }
        guard let limit = Int(text), (1...UsageQuery.largestLimit).contains(limit) else {
            throw QueryError(
                parameter: "limit",
                detail: "\(QueryError.quoted(text)) is not a limit; accepted are 1 to \(UsageQuery.largestLimit)"
            )
        }
        return limit
    }

    private func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ name: String,
        default: Choice
    ) throws(QueryError) -> Choice {
        guard let text = single[name] else { return `default` }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw QueryError(
                parameter: name,
                detail: "\(QueryError.quoted(text)) is not accepted; choose from \(known)"
            )
        }
        return choice
    }
}
