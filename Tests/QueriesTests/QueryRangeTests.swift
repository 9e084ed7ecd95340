// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic
import Zones

@testable import Queries

@Suite("Ranges, steps and time zones")
struct QueryRangeTests {
    /// 2026-08-01T12:34:56Z.
    private let now: Int64 = 1_785_587_696

    private func query(_ text: String, horizon: TierHorizon = .everything) throws -> UsageQuery {
        let parameters = text.split(separator: "&")
            .map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1)
                return (name: String(parts[0]), value: String(parts[1]))
            }
        var asked = QueryParameters(parameters)
        asked.horizon = horizon
        asked.zones = Zone.named
        return try UsageQuery(parameters: asked, now: now)
    }

    private func time(_ text: String) throws -> Int64 {
        try #require(UTCTime(rfc3339: text)).secondsSinceEpoch
    }

    @Test(arguments: [
        ("start=-30d&step=1h", "2026-07-02T12:00:00Z"),
        ("start=-30d&step=6h", "2026-07-02T12:00:00Z"),
        ("start=-30d&step=1d", "2026-07-02T00:00:00Z"),
        ("start=-30d&step=5m", "2026-07-02T12:30:00Z"),
        ("start=-30d&step=7m", "2026-07-02T12:34:00Z"),
        ("start=-30d", "2026-07-02T12:34:00Z"),
        ("start=-2w&step=1w", "2026-07-13T00:00:00Z"),
        ("start=-13M&step=1M", "2025-07-01T00:00:00Z"),
        ("start=-1M", "2026-07-01T12:34:00Z"),
        ("start=-30d&step=1d&tz=Europe/Berlin", "2026-07-01T22:00:00Z"),
        ("start=-30d&step=1h&tz=Asia/Kolkata", "2026-07-02T12:30:00Z"),
        ("start=-1M&step=1M&tz=America/New_York", "2026-07-01T04:00:00Z"),
        ("start=2026-07-03&tz=Europe/Berlin", "2026-07-02T22:00:00Z"),
        ("start=2026-07-03T00:07:00Z&step=1h", "2026-07-03T00:07:00Z"),
    ])
    func aRelativeStartGoesBackToWhereABucketBegins(text: String, start: String) throws {
        let query = try query(text)
        #expect(query.start == (try time(start)))
        #expect(query.end == (try time("2026-08-01T12:35:00Z")))
    }

    @Test func byTheHourNoMinuteOfAMonthAgoIsRead() throws {
        let parts = try query("start=-30d&step=1h").parts
        #expect(parts.map(\.resolution) == [.hour, .minute])
        #expect(parts.last?.start == (try time("2026-08-01T12:00:00Z")))
    }

    @Test func aRangeIsReadFromDaysAndAtItsBordersFromHoursAndMinutes() throws {
        let parts = try query("start=2026-06-01T22:58:00Z&end=2026-07-01T02:01:00Z").parts
        #expect(
            parts == [
                ReadPart(
                    resolution: .minute,
                    start: try time("2026-06-01T22:58:00Z"),
                    end: try time("2026-06-01T23:00:00Z")
                ),
                ReadPart(
                    resolution: .hour,
                    start: try time("2026-06-01T23:00:00Z"),
                    end: try time("2026-06-02T00:00:00Z")
                ),
                ReadPart(
                    resolution: .day,
                    start: try time("2026-06-02T00:00:00Z"),
                    end: try time("2026-07-01T00:00:00Z")
                ),
                ReadPart(
                    resolution: .hour,
                    start: try time("2026-07-01T00:00:00Z"),
                    end: try time("2026-07-01T02:00:00Z")
                ),
                ReadPart(
                    resolution: .minute,
                    start: try time("2026-07-01T02:00:00Z"),
                    end: try time("2026-07-01T02:01:00Z")
                ),
            ]
        )
    }

    /// Whatever is asked, the parts tile the range, each fits its tier, and none crosses a bucket of the answer.
    @Test func partsTileEveryRange() throws {
        var random = SeededRandom()
        for _ in 0..<3000 {
            let start = now / 60 * 60 - .random(in: 0...40_000, using: &random) * 60
            let end = start + .random(in: 1...40_000, using: &random) * 60
            let steps: [Int64?] = [nil, 60, 300, 3600, 7200, 86_400, 90_000]
            let query = UsageQuery(start: start, end: end, step: steps.randomElement(using: &random) ?? nil)
            var next = start
            for part in query.parts {
                #expect(part.start == next && part.end > part.start, "seed \(random.seed)")
                #expect(part.start % part.resolution.seconds == 0 && part.end % part.resolution.seconds == 0)
                if let step = query.step, part.resolution.seconds > 60 {
                    // A bucket's border within a part is a border of the tier.
                    let border = start + ((part.start - start) / step + 1) * step
                    #expect(border >= part.end || border % part.resolution.seconds == 0, "seed \(random.seed)")
                }
                next = part.end
            }
            #expect(next == end, "seed \(random.seed)")
        }
    }

    @Test func daysAreAsLongAsTheyAreOnTheClocksOfTheZone() throws {
        let spring = try query("start=2026-03-28&end=2026-03-31&step=1d&tz=Europe/Berlin")
        #expect(
            spring.calendar?.starts == [
                try time("2026-03-27T23:00:00Z"), try time("2026-03-28T23:00:00Z"), try time("2026-03-29T22:00:00Z"),
            ]
        )
        let autumn = try query("start=2026-10-24&end=2026-10-27&step=1d&tz=Europe/Berlin")
        let lengths = autumn.buckets.map { ($0.upperBound - $0.lowerBound) / 3600 }
        #expect(lengths == [24, 25, 24])
        // Midnight does not happen there when the clocks go forward.
        let santiago = try query("start=2026-09-05&end=2026-09-08&step=1d&tz=America/Santiago")
        #expect(santiago.buckets.map { ($0.upperBound - $0.lowerBound) / 3600 } == [24, 23, 24])
    }

    @Test func monthsEndWhenTheyEnd() throws {
        let query = try query("start=2025-12-01&end=2026-03-15&step=1M&tz=Europe/Berlin")
        #expect(
            query.calendar?.starts == [
                try time("2025-11-30T23:00:00Z"), try time("2025-12-31T23:00:00Z"), try time("2026-01-31T23:00:00Z"),
                try time("2026-02-28T23:00:00Z"),
            ]
        )
        #expect(query.calendar?.text == "1M")
        #expect(query.previous.calendar?.starts.first == (try time("2025-07-31T22:00:00Z")))
        #expect(query.previous.end == query.start)
    }

    /// Against stepping through every hour of a year and asking what day it is there.
    @Test(arguments: [
        "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu",
    ])
    func everyBucketIsOneLocalDay(name: String) throws {
        let zone = try #require(Zone.named(name))
        let query = try query("start=2025-08-01&end=2026-08-01&step=1d&tz=\(name)")
        #expect(query.buckets.count == 365)
        for bucket in query.buckets {
            let days = Set(
                stride(from: bucket.lowerBound, to: bucket.upperBound, by: 900).map { zone.local($0) / 86_400 }
            )
            #expect(days.count == 1)
            #expect(!days.contains(zone.local(bucket.lowerBound - 1) / 86_400))
        }
    }

    @Test func whatIsOlderThanATierIsWidenedToTheNext() throws {
        let horizon = TierHorizon(
            minute: try time("2026-07-30T12:00:00Z"),
            hour: try time("2026-05-03T00:00:00Z"),
            day: try time("2023-08-01T00:00:00Z")
        )
        let month = try query("start=-30d", horizon: horizon)
        #expect(month.start == (try time("2026-07-02T12:00:00Z")))
        let year = try query("start=-365d&end=2026-01-01T00:30:00Z", horizon: horizon)
        #expect(year.start == (try time("2025-08-01T00:00:00Z")))
        #expect(year.end == (try time("2026-01-02T00:00:00Z")))
        for (text, parts) in [(month, [Resolution.hour, .day, .hour, .minute]), (year, [.day])] {
            #expect(text.parts.map(\.resolution) == parts)
        }
        for text in [
            "start=-30d&step=10m", "start=-365d&step=1h", "start=-365d&step=1d&tz=Europe/Berlin",
            "start=-30d&step=1d&tz=Asia/Kolkata",
        ] {
            let error = try #require(throws: QueryError.self) { _ = try query(text, horizon: horizon) }
            #expect(error.parameter == "step")
            #expect(error.detail.contains("are kept"), "\(error)")
        }
        #expect(try query("start=-30d&step=1d&tz=Europe/Berlin", horizon: horizon).calendar?.starts.count == 31)
    }

    @Test(arguments: ["CET", "EST", "+02:00", "Mars/Olympus", "../../etc/passwd", ""])
    func anUnknownZoneIsRefused(name: String) {
        #expect(throws: QueryError.self) {
            var asked: QueryParameters = [("tz", name)]
            asked.zones = Zone.named
            _ = try UsageQuery(parameters: asked, now: now)
        }
    }

    @Test(arguments: [
        ("a,b", ["a", "b"]), ("a\\,b,c", ["a,b", "c"]), ("a\\\\,b", ["a\\", "b"]), ("by\\x2duuid", ["by\\x2duuid"]),
        ("", [""]), ("a,", ["a", ""]), ("\\,", [","]), ("\\", ["\\"]), ("é\\,ü", ["é,ü"]),
    ])
    func aBackslashKeepsACommaInAValue(text: String, values: [String]) throws {
        let query = try UsageQuery(parameters: [("pod", text), ("node!", text)], now: now)
        #expect(query.filters == [.pod: Set(values)])
        #expect(query.exclusions == [.node: Set(values)])
    }

    @Test func comparisonsPutTheBucketsSideBySide() throws {
        let query = try query(
            "start=2026-07-01T00:00:00Z&end=2026-07-01T02:00:00Z&step=1h&group_by=pod&compare=previous&limit=1"
        )
        func fact(_ hour: Int64, _ pod: String, _ bytes: UInt64, of start: Int64) -> UsageFacts.Fact {
            UsageFacts.Fact(bucketStart: start + hour * 3600, group: [pod], counters: .init(egressBytes: bytes))
        }
        let before = query.previous
        #expect(before.end == query.start && before.start == query.start - 7200)
        let answer = UsageAnswer(
            query,
            UsageFacts(
                resolution: .hour,
                facts: [fact(0, "a", 10, of: query.start), fact(1, "b", 1, of: query.start)]
            ),
            previous: UsageFacts(
                resolution: .hour,
                facts: [
                    fact(0, "a", 7, of: before.start), fact(1, "a", 5, of: before.start),
                    fact(1, "c", 3, of: before.start),
                ]
            )
        )
        #expect(answer.rows.map(\.counters.egressBytes) == [10, 0])
        #expect(answer.rows.map { $0.previous?.egressBytes } == [7, 5])
        #expect(answer.other?.groups == 2)
        #expect(answer.other?.previousTotal?.egressBytes == 3)
        #expect(answer.previous?.total.egressBytes == 15)
        #expect(answer.total.egressBytes == 11)
        #expect(answer.csvHeader.suffix(4).first == "previous_egress_bytes")
    }
}
