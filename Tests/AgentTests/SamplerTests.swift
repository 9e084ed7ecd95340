// SPDX-License-Identifier: Apache-2.0
import Capture
import Testing
import Traffic
import Wire

@testable import Agent

struct SamplerTests {
    @Test func aDrainBecomesABatch() throws {
        let source = FakeSource()
        var sampler = Sampler(source, start: newYear)
        source.flows = [.sent(100), .sent(50, port: 80), .sent(9, cgroup: 8), .sent(5, cgroup: 0)]
        source.losses = [Loss(reason: "map_full", counters: FlowCounters(ingressBytes: 3, ingressPackets: 1))]
        let sample = try sampler.take(at: newYear + 5 * second)
        let packed = try #require(sample.batches.first)
        let batch = try FlowBatch(encoded: packed.bytes)
        #expect(sample.batches.count == 1 && packed.sequence == 1 && packed.records == 4)
        #expect(batch.source == BatchSource(cluster: "lab", node: "n1", bootID: 5))
        #expect(batch.region == "r" && batch.zone.isEmpty)
        #expect(batch.interval == Interval(start: newYear, end: newYear + 5 * second))
        #expect(batch.owners.map(\.pod) == ["nginx.service", "cgroup-gone", "no-cgroup"])
        #expect(batch.flows.map(\.owner) == [0, 0, 1, 2])
        #expect(batch.flows.map(\.counters.egressBytes) == [100, 50, 9, 5])
        #expect(batch.flows[0].servicePort == 443 && batch.flows[0].initiator == .pod)
        #expect(batch.losses.map(\.reason) == ["map_full"])
        #expect(batch.maps == source.maps)
        #expect(packed.totals == batch.totals && packed.totals.bytes == 167)
        #expect(sample.seen.bytes == 164 && sample.flows == 4)
    }

    @Test func intervalsFollowEachOther() throws {
        let source = FakeSource()
        var sampler = Sampler(source, start: newYear + second)
        var intervals: [Interval] = []
        for time in [5, 10, 15] as [Int64] {
            source.flows = [.sent(1)]
            intervals += try sampler.take(at: newYear + time * second).batches.map(\.interval)
        }
        #expect(intervals.map(\.start) == [1, 5, 10].map { newYear + $0 * second })
        #expect(intervals.map(\.end) == [5, 10, 15].map { newYear + $0 * second })
    }

    @Test func aFailedDrainChangesNothing() throws {
        let source = FakeSource()
        var sampler = Sampler(source, start: newYear)
        source.flows = [.sent(100)]
        source.failures = 1
        #expect(throws: FakeSource.Failure.self) { try sampler.take(at: newYear + 5 * second) }
        let sample = try sampler.take(at: newYear + 10 * second)
        #expect(sample.batches.map(\.interval) == [Interval(start: newYear, end: newYear + 10 * second)])
        #expect(sample.batches.map(\.sequence) == [1])
        #expect(sample.seen.bytes == 100)
    }

    @Test func whatIsNotCommittedComesAgain() throws {
        let source = FakeSource()
        var sampler = Sampler(source, start: newYear)
        source.flows = [.sent(100)]
        _ = try sampler.sample(at: newYear + 5 * second)
        source.flows.append(.sent(1))
        #expect(try sampler.take(at: newYear + 10 * second).seen.bytes == 101)
        #expect(try sampler.take(at: newYear + 15 * second).seen.bytes == 0)
    }

    @Test func anIdleNodeIsHeardOfOnceAMinute() throws {
        var sampler = Sampler(FakeSource(), start: newYear)
        var ends: [Int64] = []
        for time in stride(from: 5, through: 180, by: 5) as StrideThrough<Int64> {
            ends += try sampler.take(at: newYear + time * second).batches.map { ($0.interval.end - newYear) / second }
        }
        #expect(ends == [5, 65, 125])
    }

    @Test func theIntervalsOfEmptyDrainsAreSkipped() throws {
        let source = FakeSource()
        var sampler = Sampler(source, start: newYear)
        _ = try sampler.take(at: newYear + 5 * second)
        #expect(try sampler.take(at: newYear + 10 * second).batches.isEmpty)
        source.flows = [.sent(1)]
        let batch = try #require(try sampler.take(at: newYear + 15 * second).batches.first)
        #expect(batch.interval == Interval(start: newYear + 10 * second, end: newYear + 15 * second))
        #expect(batch.sequence == 2)
    }

    @Test func lossesAloneMakeABatch() throws {
        let source = FakeSource()
        var sampler = Sampler(source, start: newYear)
        _ = try sampler.take(at: newYear + 5 * second)
        source.losses = [Loss(reason: "map_full", counters: FlowCounters(egressBytes: 8))]
        let sample = try sampler.take(at: newYear + 10 * second)
        let packed = try #require(sample.batches.first)
        #expect(try FlowBatch(encoded: packed.bytes).losses == sample.losses)
    }

    @Test func everyBatchSaysWhatAllBeforeItAddUpTo() throws {
        let source = FakeSource()
        var sampler = Sampler(
            source: source,
            namer: OwnerNamer { [:] },
            identity: .test,
            schedule: TickSchedule(interval: .seconds(5)),
            start: newYear,
            last: SourceSequence(bootID: 5, last: 9, running: FlowCounters(egressBytes: 1000)),
            flowsPerBatch: 1
        )
        source.flows = [.sent(1), .sent(20), .sent(1 << 56), .sent(300)]
        let batches = try sampler.take(at: newYear + 5 * second).batches
        #expect(batches.map(\.sequence) == [10, 11, 12])
        // What cannot be sent shows as missing before the next.
        #expect(batches.map(\.running.egressBytes) == [1001, 1021, 1321 + (1 << 56)])
        #expect(try FlowBatch(encoded: batches[1].bytes).running == batches[1].running)
    }

    @Test func aLargeDrainBecomesSeveralBatches() throws {
        let source = FakeSource()
        var sampler = Sampler(source, start: newYear)
        let count = 2 * Sampler.flowsPerBatch + 1
        source.flows = (0..<count).map { .sent(1, port: UInt16(truncatingIfNeeded: $0)) }
        source.losses = [Loss(reason: "map_full", counters: FlowCounters(egressBytes: 7, egressPackets: 1))]
        let batches = try sampler.take(at: newYear + 5 * second).batches
        #expect(batches.map(\.records) == [Sampler.flowsPerBatch, Sampler.flowsPerBatch, 1])
        #expect(batches.map(\.sequence) == [1, 2, 3])
        #expect(Set(batches.map(\.interval)).count == 1)
        #expect(batches.reduce(0) { $0 + $1.totals.bytes } == UInt64(count) + 7)
    }

    @Test func whatBreaksTheWireIsCountedAndTheSequenceHasNoHole() throws {
        let source = FakeSource()
        var sampler = Sampler(source, start: newYear)
        source.flows = [.sent(1 << 56)]
        let sample = try sampler.take(at: newYear + 5 * second)
        #expect(sample.batches.isEmpty && sample.unsendable.bytes == 1 << 56)
        #expect(sample.reasons == ["flows.egress_bytes[0] takes the sum to 2^56 or more."])
        source.flows = [.sent(1)]
        #expect(try sampler.take(at: newYear + 10 * second).batches.map(\.sequence) == [1])
    }
}

extension Sampler {
    /// A sample that is made final.
    fileprivate mutating func take(at now: Int64) throws -> Sample {
        let sample = try sample(at: now)
        try commit()
        return sample
    }
}
