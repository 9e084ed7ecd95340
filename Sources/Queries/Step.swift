// SPDX-License-Identifier: Apache-2.0

/// The width of an answer's buckets.
public enum Step: Hashable, Sendable {
    /// This many seconds, a multiple of 60.
    case seconds(Int64)
    /// This many calendar days of the query's zone: 23, 24 or 25 hours each.
    case days(Int64)
    /// This many calendar months of the query's zone.
    case months(Int64)

    /// The step that `text` stands for in `zone`: `5m`, `1h`, `1d`, `1w` or `1M`; `nil` if it is none.
    init?(_ text: String, in zone: Zone) {
        if text.utf8.last == UInt8(ascii: "M") {
            guard let seconds = DurationText.seconds(text.dropLast() + "m"), seconds / 60 <= 1200 else { return nil }
            self = .months(seconds / 60)
            return
        }
        guard let seconds = DurationText.seconds(text), seconds % 60 == 0 else { return nil }
        let isWholeDays = seconds % 86_400 == 0 && zone.name != Zone.utc.name
        self = isWholeDays ? .days(seconds / 86_400) : .seconds(seconds)
    }

    /// The duration in `text` behind its sign, in seconds that need not be whole minutes.
    init?(secondsIn text: String) {
        guard let seconds = DurationText.seconds(String(text.dropFirst())) else { return nil }
        self = .seconds(seconds)
    }

    /// Seconds, for a step that always has the same.
    var seconds: Int64? {
        guard case .seconds(let seconds) = self else { return nil }
        return seconds
    }

    /// About as many seconds as the step has.
    var roughSeconds: Int64 {
        switch self {
        case .seconds(let seconds): seconds
        case .days(let days): days * 86_400
        case .months(let months): months * 2_629_746
        }
    }

    /// The step as users write it.
    public var text: String {
        switch self {
        case .seconds(let seconds): DurationText.text(seconds: seconds)
        case .days(let days): DurationText.text(seconds: days * 86_400)
        case .months(let months): "\(months)M"
        }
    }

    /// The latest instant up to `instant` at which a bucket would begin by the calendar: a whole hour, midnight, a
    /// Monday or the first of a month in `zone`.
    func floor(_ instant: Int64, in zone: Zone) -> Int64 {
        switch self {
        case .months: return zone.startOfMonth(instant)
        case .days(let days): return Self.floor(instant, days: days, in: zone)
        case .seconds(let seconds) where seconds % 86_400 == 0:
            return Self.floor(instant, days: seconds / 86_400, in: zone)
        case .seconds(let seconds):
            let unit = 86_400 % seconds == 0 ? seconds : seconds % 3600 == 0 ? 3600 : 60
            let local = zone.local(instant)
            return instant - (local - local.floored(toMultipleOf: unit))
        }
    }

    private static func floor(_ instant: Int64, days: Int64, in zone: Zone) -> Int64 {
        // Day 4 since 1970 was the first Monday.
        let day = zone.local(instant).flooredQuotient(86_400)
        let back = days % 7 == 0 ? (day - 4) - (day - 4).floored(toMultipleOf: 7) : 0
        return zone.startOfDay(instant, plus: -back)
    }

    /// Where `count` buckets begin of which the last ends at `end`.
    func starts(_ count: Int, before end: Int64, in zone: Zone) -> [Int64] {
        (1...Int64(max(1, count))).reversed()
            .map { index in
                switch self {
                case .seconds(let seconds): end - index * seconds
                case .days(let days): zone.startOfDay(end, plus: -index * days)
                case .months(let months): zone.startOfMonth(end, plus: -index * months)
                }
            }
    }

    /// Where the buckets between `start` and `end` begin, `start` first; at most `most` + 1 of them.
    func starts(from start: Int64, to end: Int64, in zone: Zone, most: Int64) -> [Int64] {
        var starts = [start]
        var count: Int64 = 1
        while starts.count <= most {
            let next: Int64
            switch self {
            case .seconds(let seconds): next = start + count * seconds
            case .days(let days): next = zone.startOfDay(start, plus: count * days)
            case .months(let months): next = zone.startOfMonth(start, plus: count * months)
            }
            guard next < end else { break }
            starts.append(next)
            count += 1
        }
        return starts
    }
}
