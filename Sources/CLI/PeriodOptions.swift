// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Queries

/// The time that a question is about.
struct PeriodOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Length of time until now, such as 90m, 1h or 30d (default: 1h).", valueName: "duration")
    )
    var last: String?

    // A value may begin with a dash: -2h.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Start instead of --last: RFC 3339, a date, or a duration ago as -1h.", valueName: "time")
    )
    var start: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End of the time; the same forms (default: now).", valueName: "time")
    )
    var end: String?

    @Option(help: ArgumentHelp("Time zone of dates, days and months (default: UTC).", valueName: "name"))
    var tz: String?

    @Option(help: ArgumentHelp("A whole calendar month (UTC), such as 2026-10.", valueName: "yyyy-mm"))
    var month: String?

    @Flag(name: .customLong("last-month"), help: "The calendar month (UTC) before this one.")
    var lastMonth = false

    /// True if no time was named.
    var isEmpty: Bool {
        last == nil && start == nil && end == nil && month == nil && !lastMonth
    }

    /// The flag that said `start` or `end`.
    func flag(of parameter: String) -> String {
        if parameter == "tz" { return "--tz" }
        if month != nil { return "--month" }
        if lastMonth { return "--last-month" }
        return last != nil && parameter == "start" ? "--last" : "--\(parameter)"
    }

    /// The time as parameters of the API.
    ///
    /// - Parameter now: Seconds since 1970-01-01T00:00:00Z.
    /// - Throws: `ValidationError` that names the flag at fault.
    func parameters(now: Int64) throws -> [(name: String, value: String)] {
        let ways = [last != nil, start != nil || end != nil, month != nil, lastMonth].count { $0 }
        guard ways <= 1 else {
            throw ValidationError(
                "Name the time in one way: --last, which goes up to now, --start and --end, --month, or --last-month."
            )
        }
        let zone = tz.map { [("tz", $0)] } ?? []
        if let last {
            guard DurationText.seconds(last) != nil else {
                throw ValidationError("--last: '\(last)' is not a duration, such as 90m, 1h or 30d.")
            }
            return [("start", "-" + last)] + zone
        }
        var span: Range<Int64>?
        if lastMonth { span = UTCTime.monthStart(of: UTCTime.monthStart(of: now) - 1)..<UTCTime.monthStart(of: now) }
        if let month {
            guard let named = UTCTime.month(month) else {
                throw ValidationError("--month: '\(month)' is not a month, such as 2026-10.")
            }
            span = named
        }
        if let span {
            return [
                ("start", UTCTime(secondsSinceEpoch: span.lowerBound).description),
                ("end", UTCTime(secondsSinceEpoch: span.upperBound).description),
            ] + zone
        }
        return [start.map { ("start", $0) }, end.map { ("end", $0) }].compactMap { $0 } + zone
    }
}
