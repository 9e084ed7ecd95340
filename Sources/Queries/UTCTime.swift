// SPDX-License-Identifier: Apache-2.0

/// A second of the proleptic Gregorian calendar in UTC, leap seconds not counted.
public struct UTCTime: Hashable, Sendable {
    /// Year, for instance 2026.
    public let year: Int64
    /// Month, 1 to 12.
    public let month: Int64
    /// Day of the month, 1 to 31.
    public let day: Int64
    /// Hour, 0 to 23.
    public let hour: Int64
    /// Minute, 0 to 59.
    public let minute: Int64
    /// Second, 0 to 59.
    public let second: Int64

    /// The time that is `seconds` after 1970-01-01T00:00:00Z, or before it if negative.
    public init(secondsSinceEpoch seconds: Int64) {
        var day = seconds.flooredQuotient(86_400)
        let secondOfDay = seconds - day * 86_400
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60

        // From 2000-03-01, years end with their leap day, so each period is longest at its end: the last day of
        // a century, of four years or of a year would start a period too many, hence the minimum.
        day -= Self.daysToMarch2000
        let cycles = day.flooredQuotient(146_097)
        day -= cycles * 146_097
        let centuries = min(day / 36_524, 3)
        day -= centuries * 36_524
        let leapCycles = min(day / 1461, 24)
        day -= leapCycles * 1461
        let years = min(day / 365, 3)
        day -= years * 365
        let marchYear = 2000 + 400 * cycles + 100 * centuries + 4 * leapCycles + years
        let marchMonth = Self.daysBeforeMonth.lastIndex { $0 <= day } ?? 0
        year = marchMonth < 10 ? marchYear : marchYear + 1
        month = Int64(marchMonth < 10 ? marchMonth + 3 : marchMonth - 9)
        self.day = day - Self.daysBeforeMonth[marchMonth] + 1
    }

    /// The time with these parts, or `nil` if a part is out of its range or the month has no such day.
    ///
    /// - Parameter year: 0 to 9999.
    public init?(year: Int64, month: Int64, day: Int64, hour: Int64 = 0, minute: Int64 = 0, second: Int64 = 0) {
        guard
            (0...9999).contains(year), (1...12).contains(month), (0...23).contains(hour), (0...59).contains(minute),
            (0...59).contains(second), day >= 1, day <= Self.daysInMonth(month, year: year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// Seconds since 1970-01-01T00:00:00Z; negative before it.
    public var secondsSinceEpoch: Int64 {
        let marchYear = (month < 3 ? year - 1 : year) - 2000
        let leapDays =
            marchYear.flooredQuotient(4) - marchYear.flooredQuotient(100) + marchYear.flooredQuotient(400)
        let dayOfYear = Self.daysBeforeMonth[Int((month + 9) % 12)] + day - 1
        let days = Self.daysToMarch2000 + 365 * marchYear + leapDays + dayOfYear
        return days * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// Days from 1970-01-01 to 2000-03-01.
    private static let daysToMarch2000: Int64 = 11_017

    /// Days from 1 March to the first of each month, March first.
    private static let daysBeforeMonth: [Int64] = [0, 31, 61, 92, 122, 153, 184, 214, 245, 275, 306, 337]

    private static func daysInMonth(_ month: Int64, year: Int64) -> Int64 {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }
}

extension Int64 {
    /// The largest integer that, times `divisor`, is not above this number.
    ///
    /// - Parameter divisor: Greater than zero.
    func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
