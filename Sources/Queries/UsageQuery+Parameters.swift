// SPDX-License-Identifier: Apache-2.0

extension UsageQuery {
    /// The most buckets an answer may have: 69 days of minutes.
    public static let mostBuckets: Int64 = 100_000

    /// The largest ``limit`` a client may ask for.
    public static let largestLimit = 1_000_000

    /// The query that raw parameters ask for, in the order they were sent.
    ///
    /// | parameter | value | default |
    /// |---|---|---|
    /// | `start` | RFC 3339, a date (midnight UTC), `now`, or `-` and a duration before now; floored to its minute | one hour before `end` |
    /// | `end` | the same; raised to a whole minute, `now` to the end of its minute | `now` |
    /// | `step` | a duration in whole minutes, such as `5m`, `1h`, `1d` | one bucket |
    /// | `group_by` | dimension names, separated by commas or repeated | none |
    /// | a dimension's name | values that count, separated by commas or repeated; empty for what is not known | all |
    /// | `order` | `bytes`, `egress_bytes`, `ingress_bytes` or `group` | `bytes` |
    /// | `limit` | 1 to 1,000,000 groups | all |
    /// | `format` | `json`, `csv` or `table`; checked here, read by ``AnswerFormat`` | |
    ///
    /// A filter's value cannot hold a comma.
    ///
    /// - Parameters:
    ///   - parameters: Names and values; the query counts nothing beyond their visibility.
    ///   - now: Seconds since 1970-01-01T00:00:00Z, not negative.
    /// - Throws: The first parameter that is unknown, wrong, given twice where one value is meant, or asks for what may not
    ///   be seen.
    public init(parameters: QueryParameters, now: Int64) throws(QueryError) {
        let reader = try ParameterReader(parameters.pairs)
        let end = try reader.moment("end", now: now) ?? .now(now)
        let start =
            try reader.moment("start", now: now)
            ?? Moment(seconds: max(0, end.seconds - 3600), hasFraction: end.hasFraction)
        guard start.precedes(end) else {
            // An error about a default would name what the client did not write.
            throw QueryError(
                parameter: reader.single["start"] == nil ? "end" : "start",
                detail: "the range is empty: start, \(UTCTime(secondsSinceEpoch: start.seconds)), must be before end, "
                    + "\(UTCTime(secondsSinceEpoch: end.seconds))"
            )
        }
        let (first, last) = (start.flooredToMinute, end.raisedToMinute)
        self.init(
            start: first,
            end: last,
            step: try reader.step(over: last - first),
            groupBy: reader.groupBy,
            filters: try parameters.visibility.limit(reader.filters),
            visibility: parameters.visibility,
            order: try reader.order(),
            limit: try reader.limit()
        )
        _ = try reader.format()
    }
}

extension AnswerFormat {
    /// The format that the parameter `format` asks for, or `nil` if it is absent.
    ///
    /// - Throws: An error about `format` if it is repeated or not a format; other parameters are not looked at.
    public init?(parameters: QueryParameters) throws(QueryError) {
        guard let format = try ParameterReader(parameters.pairs.filter { $0.name == "format" }).format() else {
            return nil
        }
        self = format
    }
}

extension Moment {
    /// An instant within the second `seconds`, which has begun.
    static func now(_ seconds: Int64) -> Moment {
        Moment(seconds: seconds, hasFraction: true)
    }

    fileprivate func precedes(_ other: Moment) -> Bool {
        // Two fractions of the same second are not told apart: the range is then the minute around them.
        seconds < other.seconds || seconds == other.seconds && other.hasFraction
    }

    fileprivate var flooredToMinute: Int64 {
        seconds - seconds % 60
    }

    fileprivate var raisedToMinute: Int64 {
        let whole = hasFraction ? seconds + 1 : seconds
        return (whole + 59) / 60 * 60
    }
}
