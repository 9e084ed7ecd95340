// SPDX-License-Identifier: Apache-2.0

extension UTCTime {
    /// First second of the calendar month that `second` is in, both since 1970-01-01T00:00:00Z.
    public static func monthStart(of second: Int64) -> Int64 {
        let time = UTCTime(secondsSinceEpoch: second)
        return second - ((time.day - 1) * 86_400 + time.hour * 3600 + time.minute * 60 + time.second)
    }

    /// First second of the month after the one that `second` is in.
    public static func monthStart(after second: Int64) -> Int64 {
        // Every month has 28 days and none has 32.
        monthStart(of: monthStart(of: second) + 32 * 86_400)
    }

    /// First and last-but-one second of the month that `text` names as `yyyy-mm`; `nil` if it does not.
    public static func month(_ text: String) -> Range<Int64>? {
        guard text.utf8.count == 7, let start = UTCTime(rfc3339: text + "-01T00:00:00Z")?.secondsSinceEpoch else {
            return nil
        }
        return start..<monthStart(after: start)
    }

    /// The month that the time is in, as `yyyy-mm`.
    public var monthText: String {
        String(description.prefix(7))
    }

    /// The day that the time is on, as `yyyy-mm-dd`.
    public var dayText: String {
        String(description.prefix(10))
    }
}
