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
    /// | `start` | RFC 3339, a date (midnight in `tz`), `now`, or `-` and a duration before now; floored to its minute | one hour before `end` |
    /// | `end` | the same; raised to a whole minute, `now` to the end of its minute | `now` |
    /// | `step` | a duration in whole minutes, such as `5m`, `1h`, `1d`, or months, such as `1M` | one bucket |
    /// | `tz` | a name of the time zone database, such as `Europe/Berlin` | `UTC` |
    /// | `group_by` | dimension names, separated by commas or repeated | none |
    /// | a dimension's name | values that count, separated by commas or repeated; empty for what is not known | all |
    /// | a dimension's name and `!` | values that do not count: `scope!=internet` | none |
    /// | `order` | `bytes`, `egress_bytes`, `ingress_bytes` or `group` | `bytes` |
    /// | `limit` | 1 to 1,000,000 groups | all |
    /// | `compare` | `previous`: also the period of the same length just before | |
    /// | `format` | `json`, `csv` or `table`; checked here, read by ``AnswerFormat`` | |
    ///
    /// In a filter's value `\,` is a comma and `\\` a backslash.
    ///
    /// A duration before now, with a step, goes back to where a bucket begins by the calendar: `-30d` by `1h` begins
    /// with a whole hour. A range is widened to whole buckets of the finest tier that is still kept there.
    ///
    /// - Parameters:
    ///   - parameters: Names and values; the query counts nothing beyond their visibility.
    ///   - now: Seconds since 1970-01-01T00:00:00Z, not negative.
    /// - Throws: The first parameter that is unknown, wrong, given twice where one value is meant, or asks for what may not
    ///   be seen.
    public init(parameters: QueryParameters, now: Int64) throws(QueryError) {
        try self.init(parameters: parameters, now: now, without: [])
    }

    /// The query of a question that lacks the parameters `strange`, and has others, `own`, that were read before.
    init(
        parameters: QueryParameters,
        now: Int64,
        without strange: Set<String>,
        besides own: [String] = []
    ) throws(QueryError) {
        let reader = try ParameterReader(parameters.pairs, without: strange, besides: own)
        let zone = try reader.zone(parameters.zones)
        let step = try reader.step(in: zone)
        let end = try reader.moment("end", now: now, zone: zone) ?? .now(now)
        let start =
            try reader.moment("start", now: now, zone: zone)
            ?? Moment(seconds: max(0, end.seconds - 3600), hasFraction: end.hasFraction)
        guard start.precedes(end) else {
            // An error about a default would name what the client did not write.
            throw QueryError(
                parameter: reader.single["start"] == nil ? "end" : "start",
                detail: "the range is empty: start, \(UTCTime(secondsSinceEpoch: start.seconds)), must be before end, "
                    + "\(UTCTime(secondsSinceEpoch: end.seconds))"
            )
        }
        let range = QueryRange(start: start, end: end, step: step, zone: zone, horizon: parameters.horizon)
        self.init(
            start: range.start,
            end: range.end,
            groupBy: reader.groupBy,
            filters: try parameters.visibility.limit(reader.filters),
            visibility: parameters.visibility,
            exclusions: reader.exclusions,
            order: try reader.order(),
            limit: try reader.limit()
        )
        self.zone = zone.name
        let starts = try range.starts(zone)
        if let step, let seconds = step.seconds {
            self.step = seconds
        } else if let step {
            calendar = CalendarBuckets(text: step.text, starts: starts)
            previousCalendar = CalendarBuckets(
                text: step.text,
                starts: step.starts(starts.count, before: range.start, in: zone)
            )
        }
        comparesPrevious = try reader.comparesPrevious()
        _ = try reader.format()
    }
}

extension UsageQuery {
    /// The step as it was asked for, such as `1h` or `1M`; `nil` without one.
    var stepText: String? {
        calendar?.text ?? step.map { DurationText.text(seconds: $0) }
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
}
