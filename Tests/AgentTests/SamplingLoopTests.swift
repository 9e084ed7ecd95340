// SPDX-License-Identifier: Apache-2.0
import Capture
import Logging
import TestSupport
import Testing
import Traffic
import Wire

@testable import Agent

struct SamplingLoopTests {
    let counters = AgentCounters()

    private func loop(
        _ source: sending FakeSource,
        _ clock: FakeClock,
        _ backlog: Backlog,
        interval: Duration = .seconds(5)
    ) -> SamplingLoop {
        var settings = AgentSettings()
        settings.interval = interval
        return SamplingLoop(
            settings: settings,
            identity: .test,
            clock: clock,
            queue: backlog,
            counters: counters,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            walk: { [1: "/"] },
            source: source
        )
    }

    private func drain(_ backlog: Backlog) -> [PackedBatch] {
        var batches: [PackedBatch] = []
        while let shipment = backlog.next(Shipment.Limit()) {
            batches += shipment.batches
            backlog.release(through: shipment.last, of: shipment.batches[0].source)
        }
        return batches
    }

    @Test(arguments: [1, 5, 7, 13, 60])
    func batchesAreAlignedAndNeverSpanAMinute(interval: Int) async throws {
        let random = SeededRandom()
        let seed = random.seed
        // Up to 400 ms late, as a busy host is.
        let clock = FakeClock(from: newYear + 1234, to: newYear + 602 * second + second / 2) { wanted in
            var random = SeededRandom(seed: seed ^ UInt64(wanted))
            return .random(in: 0...400_000_000, using: &random)
        }
        let source = FakeSource()
        source.beforeDrain = { $0.flows = [.sent(10)] }
        let backlog = Backlog(capacity: 1 << 20)
        await loop(source, clock, backlog, interval: .seconds(interval)).run()
        let batches = drain(backlog)
        #expect(batches.count >= 600 / interval)
        #expect(batches.map(\.sequence) == Array(1...UInt64(batches.count)))
        #expect(batches.first?.interval.start == newYear + 1234)
        #expect(batches.last?.interval.end == clock.now(), "the last drain ends when it happens")
        for (batch, next) in zip(batches, batches.dropFirst()) {
            #expect(batch.interval.end == next.interval.start, "seed \(seed)")
            let isTick =
                batch.interval.end.isMultiple(of: Int64(interval) * second)
                || batch.interval.end.isMultiple(of: TickSchedule.minute)
            #expect(isTick, "seed \(seed)")
        }
        for batch in batches {
            let minute = TickSchedule.minute
            #expect(batch.interval.start / minute == (batch.interval.end - 1) / minute, "seed \(seed)")
        }
    }

    @Test func theLastDrainComesAfterTheMeterIsDetached() async throws {
        let source = FakeSource()
        source.beforeDrain = { $0.flows = [.sent($0.isDetached ? 2 : 1)] }
        let backlog = Backlog(capacity: 1 << 20)
        await loop(source, FakeClock(from: newYear, to: newYear + 12 * second), backlog).run()
        #expect(backlog.isClosed)
        #expect(drain(backlog).map(\.totals.bytes) == [1, 1, 2])
    }

    @Test func aFullBacklogPausesTheDrainAndLosesNothing() async throws {
        let source = FakeSource()
        source.flows = [.sent(100)]
        let backlog = Backlog(capacity: 1)
        // Four ticks: the first fills the backlog, the others pause; the last drain of all is made regardless.
        let clock = FakeClock(from: newYear, to: newYear + 22 * second)
        source.beforeDrain = { if $0.isDetached { $0.flows = [.sent(23)] } }
        await loop(source, clock, backlog).run()
        let batches = drain(backlog)
        #expect(counters.snapshot.pauses == 3)
        #expect(batches.map(\.totals.bytes) == [100, 23])
        #expect(batches.last?.interval == Interval(start: newYear + 5 * second, end: newYear + 22 * second))
    }

    @Test func failedDrainsAreCountedAndMadeUpFor() async throws {
        let source = FakeSource()
        source.flows = [.sent(100)]
        source.failures = 2
        let backlog = Backlog(capacity: 1 << 20)
        await loop(source, FakeClock(from: newYear, to: newYear + 17 * second), backlog).run()
        let values = counters.snapshot
        #expect(values.failedDrains == 2 && values.drains == 2)
        #expect(values.isDraining == true && values.seen.bytes == 100)
        #expect(drain(backlog).first?.interval == Interval(start: newYear, end: newYear + 15 * second))
    }
}
