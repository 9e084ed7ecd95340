// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Points in time as feeds state them.
enum FeedDate {
    private static let second: Int64 = 1_000_000_000

    /// Seconds after 1970 that a feed may begin at: 2000-01-01 to 2200-01-01.
    private static let plausible: Range<Int64> = 946_684_800..<7_258_118_400

    /// Nanoseconds of the number that `token` is, in units of which `perSecond` make a second.
    static func nanoseconds(token: String, perSecond: Int64) -> Int64? {
        guard let number = Int64(token), plausible.contains(number / perSecond) else { return nil }
        return number * (second / perSecond)
    }

    /// Nanoseconds of the start of the day `yyyymmdd` (or `yyyy-mm-dd`) in UTC.
    static func day(_ text: some StringProtocol) -> Int64? {
        let digits = text.split(separator: "-", omittingEmptySubsequences: false)
        let plain = digits.joined()
        guard digits.count == 1 || digits.map(\.count) == [4, 2, 2], plain.utf8.count == 8, let number = Int(plain),
            number > 0
        else { return nil }
        var parts = DateComponents(year: number / 10_000, month: number / 100 % 100, day: number % 100)
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        parts.calendar = calendar
        guard parts.isValidDate, let date = parts.date else { return nil }
        let seconds = Int64(date.timeIntervalSince1970)
        return plausible.contains(seconds) ? seconds * second : nil
    }

    /// The day in a file's name that ends in `_yyyymmdd.json`.
    static func atEnd(ofName path: String) -> Int64? {
        let name = path.split(separator: "/").last ?? ""
        guard name.hasSuffix(".json"), let digits = name.dropLast(5).split(separator: "_").last, digits.count == 8
        else { return nil }
        return day(digits)
    }
}
