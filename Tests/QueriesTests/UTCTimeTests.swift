// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing

@Suite struct UTCTimeTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_785_585_600, "2026-08-01T12:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (-62_167_219_200, "0000-01-01T00:00:00Z"),
        ] as [(Int64, String)]
    )
    func knownInstants(seconds: Int64, text: String) {
        #expect(UTCTime(secondsSinceEpoch: seconds).description == text)
        #expect(UTCTime(secondsSinceEpoch: seconds).secondsSinceEpoch == seconds)
        #expect(UTCTime(rfc3339: text)?.secondsSinceEpoch == seconds)
    }

    /// Walks 800 years a day at a time with nothing but the lengths of months.
    @Test func everyDayOfEightCenturies() {
        var (year, month, day) = (Int64(1600), Int64(1), Int64(1))
        var seconds = Int64(-11_676_096_000)
        while year < 2400 {
            let time = UTCTime(secondsSinceEpoch: seconds)
            guard time.year == year, time.month == month, time.day == day, time.secondsSinceEpoch == seconds else {
                Issue.record("\(time) is not day \(year)-\(month)-\(day)")
                return
            }
            let isLeap = year % 400 == 0 || year % 4 == 0 && year % 100 != 0
            let length: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            day += 1
            if day > length[Int(month) - 1] { (month, day) = (month + 1, 1) }
            if month > 12 { (year, month) = (year + 1, 1) }
            seconds += 86_400
        }
        #expect(seconds == 13_569_465_600, "2400-01-01")
    }

    @Test func randomSecondsComeBackFromText() {
        var random = SeededRandom()
        for _ in 0..<5000 {
            let seconds = Int64.random(in: -62_167_219_200...253_402_300_799, using: &random)
            let text = UTCTime(secondsSinceEpoch: seconds).description
            #expect(UTCTime(rfc3339: text)?.secondsSinceEpoch == seconds, "\(text), seed \(random.seed)")
        }
    }

    @Test func anySecondHasADescription() {
        #expect(UTCTime(secondsSinceEpoch: .max).secondsSinceEpoch == .max)
        #expect(UTCTime(secondsSinceEpoch: .min + 86_400).description.hasSuffix("Z"))
    }

    @Test(arguments: [
        ("2026-08-01", "2026-08-01T00:00:00Z"),
        ("2026-08-01t12:00:00z", "2026-08-01T12:00:00Z"),
        ("2026-08-01 12:00:00Z", "2026-08-01T12:00:00Z"),
        ("2026-08-01T12:00:00+02:00", "2026-08-01T10:00:00Z"),
        ("2026-08-01T00:15:00-00:30", "2026-08-01T00:45:00Z"),
        ("2026-01-01T00:00:00+23:59", "2025-12-31T00:01:00Z"),
        ("2026-08-01T12:00:00.999Z", "2026-08-01T12:00:00Z"),
    ])
    func acceptedSpellings(text: String, time: String) {
        #expect(UTCTime(rfc3339: text)?.description == time)
    }

    @Test(arguments: [
        "", "2026", "2026-08", "26-08-01", "2026-8-1", "2026-13-01", "2026-00-01", "2026-02-29", "2026-04-31",
        "2026-08-00", "2026-08-01T", "2026-08-01T12:00", "2026-08-01T12:00:00", "2026-08-01T24:00:00Z",
        "2026-08-01T12:60:00Z", "2026-12-31T23:59:60Z", "2026-08-01T12:00:00.Z", "2026-08-01T12:00:00+2:00",
        "2026-08-01T12:00:00+0200", "2026-08-01T12:00:00+24:00", "2026-08-01T12:00:00+02:60",
        "2026-08-01T12:00:00 02:00", "2026-08-01T12:00:00Zz", "2026-08-01Z", "-2026-08-01", "２０２６-08-01",
    ])
    func refusedSpellings(text: String) {
        #expect(UTCTime(rfc3339: text) == nil)
    }
}
