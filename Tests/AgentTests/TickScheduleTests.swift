// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Agent

struct TickScheduleTests {
    @Test(arguments: [
        (interval: 5, at: 0, tick: 5), (5, 4, 5), (5, 5, 10), (7, 0, 7), (7, 55, 56), (7, 56, 60), (7, 60, 63),
        (50, 0, 50), (50, 50, 60), (50, 60, 100), (60, 1, 60), (60, 60, 120),
    ])
    func ticksAreMultiplesAndMinutes(interval: Int, at: Int64, tick: Int64) {
        // 2026-01-01T00:00:00Z happens to be a multiple of 5, 7, 50 and 60 seconds.
        let schedule = TickSchedule(interval: .seconds(interval))
        let due = schedule.tick(after: newYear + at * second)
        #expect(due == newYear + tick * second, "\((due - newYear) / second)")
    }

    @Test func noTickIsSkipped() {
        var random = SeededRandom()
        for _ in 0..<10_000 {
            let nanoseconds = Int64.random(in: 10_000_000...60 * second, using: &random)
            let time = Int64.random(in: 0...4_000_000_000 * second, using: &random)
            let schedule = TickSchedule(interval: .nanoseconds(nanoseconds))
            let tick = schedule.tick(after: time)
            #expect(tick > time && tick - time <= min(nanoseconds, TickSchedule.minute), "seed \(random.seed)")
            #expect(
                tick.isMultiple(of: nanoseconds) || tick.isMultiple(of: TickSchedule.minute),
                "seed \(random.seed)"
            )
            #expect(schedule.end(from: time, drainedAt: tick) == tick, "seed \(random.seed)")
        }
    }

    @Test(arguments: [
        // A drain a moment after its tick is the tick's.
        (from: 0, at: 5_000, end: 5_000), (0, 5_003, 5_000), (55_000, 60_900, 60_000),
        // Held up for longer, the interval says so, over a minute if need be.
        (0, 6_001, 6_001), (55_000, 63_500, 63_500), (0, 123_456, 123_456),
        // A last drain between two ticks, and one right after a tick that was drained.
        (5_000, 7_300, 7_300), (5_000, 5_020, 5_020),
    ])
    func endsAreTicksUnlessHeldUp(from: Int64, at: Int64, end: Int64) {
        let schedule = TickSchedule(interval: .seconds(5))
        let millisecond = second / 1000
        let found = schedule.end(from: newYear + from * millisecond, drainedAt: newYear + at * millisecond)
        #expect(found == newYear + end * millisecond)
    }

    @Test func anIntervalIsNeverEmpty() {
        let schedule = TickSchedule(interval: .seconds(5))
        #expect(schedule.end(from: newYear, drainedAt: newYear) == newYear + 1)
        #expect(schedule.end(from: newYear, drainedAt: newYear - second) == newYear + 1)
    }
}
