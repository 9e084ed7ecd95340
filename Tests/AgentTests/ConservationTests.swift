// SPDX-License-Identifier: Apache-2.0
import Capture
import TestSupport
import Testing
import Traffic
import Wire

@testable import Agent

/// The one rule, between the kernel's maps and the ledger: bytes in = bytes out + bytes lost by name.
struct ConservationTests {
    /// A host, its agent and the classifier, one step at a time.
    struct World {
        var random: SeededRandom
        var now = newYear + 17
        let source = FakeSource()
        var sampler: Sampler
        let backlog = Backlog(capacity: 4000)
        var state = UploadState()
        var classifier = BookKeeper()
        var produced = FlowCounters.zero
        var producedAsFlows = FlowCounters.zero
        let counters = AgentCounters()
        var faults = true

        init(_ random: SeededRandom) {
            self.random = random
            sampler = Sampler(source, start: now)
        }

        mutating func traffic() {
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let flow = KernelFlow(
                    cgroupID: .random(in: 0...9, using: &random),
                    remote: IPAddress(bits: .random(in: .min ... .max, using: &random)),
                    servicePort: .random(in: .min ... .max, using: &random),
                    ipProtocol: .udp,
                    initiator: .unknown,
                    counters: FlowCounters(
                        egressBytes: .random(in: 0...1 << 40, using: &random),
                        ingressBytes: .random(in: 0...1 << 40, using: &random),
                        egressPackets: 1,
                        ingressPackets: 1
                    )
                )
                source.flows.append(flow)
                produced += flow.counters
                producedAsFlows += flow.counters
            }
            if chance(5) {
                let loss = Loss(
                    reason: "map_full",
                    counters: FlowCounters(egressBytes: .random(in: 1...1 << 30, using: &random), egressPackets: 1)
                )
                source.losses.append(loss)
                produced += loss.counters
            }
        }

        mutating func tick() {
            now += .random(in: 1...9 * second, using: &random)
            source.failures = faults && chance(10) ? 1 : 0
            guard backlog.hasRoom else {
                return
            }
            // A drain that fails changes nothing; the next tick makes up for it.
            guard let sample = try? sampler.sample(at: now) else { return }
            backlog.keep(sample.batches, of: sample.drain)
            counters.update { $0.drained(sample, nanoseconds: 0, walks: 0) }
            // A slot that cannot be given back does not make the drain less final.
            source.commitFails = chance(10)
            try? sampler.commit()
            backlog.publish()
        }

        mutating func upload() throws {
            var world = self
            _ = try world.state.deliver(from: backlog, at: now, counters: counters) { try answer(to: $0) }
            state = world.state
        }

        private mutating func answer(to shipment: Shipment) throws -> UploadAnswer {
            let body = try shipment.body(at: now)
            guard faults else { return try classifier.book(body) }
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                return .failed(reason: "never arrived", retryAfter: nil)
            case 2, 3:
                _ = try classifier.book(body)
                return .failed(reason: "the answer was lost", retryAfter: nil)
            case 4:
                // What it refuses it always refuses, and it never refuses what it has booked.
                let watermark = classifier.marks[shipment.batches[0].source]?.sequence ?? 0
                for batch in shipment.batches where batch.sequence > watermark && chance(2) {
                    let name = BookKeeper.name(batch.source, batch.sequence)
                    classifier.refused.insert(name)
                }
                return try classifier.book(body)
            default:
                return try classifier.book(body)
            }
        }

        private mutating func chance(_ oneIn: Int) -> Bool {
            Int.random(in: 0..<oneIn, using: &random) == 0
        }

        /// What is booked, or waits, or was refused and is not reported; what is booked and not acknowledged counts once.
        var accounted: FlowCounters {
            var total = classifier.booked
            total += source.total
            total += backlog.remaining
            guard let shipment = backlog.next(Shipment.Limit(batches: .max, bytes: .max)) else { return total }
            let watermark = classifier.marks[shipment.batches[0].source]?.sequence ?? 0
            let known = shipment.batches.filter { $0.sequence <= watermark }
            for batch in known { total = total.subtracting(batch.totals) }
            if !known.isEmpty { for loss in shipment.skipped { total = total.subtracting(loss.counters) } }
            return total
        }
    }

    @Test(arguments: 0..<20)
    func nothingIsLostOrBookedTwice(round: Int) throws {
        let random = SeededRandom()
        var world = World(SeededRandom(seed: random.seed &+ UInt64(round)))
        let comment: Comment = "seed \(random.seed), round \(round)"
        for _ in 0..<400 {
            world.traffic()
            world.tick()
            for _ in 0..<Int.random(in: 0...3, using: &world.random) { try world.upload() }
            #expect(world.accounted == world.produced, comment)
        }
        world.faults = false
        // Whatever was refused last shows with the next batch.
        world.source.flows.append(.sent(1))
        world.produced += FlowCounters(egressBytes: 1, egressPackets: 1)
        world.producedAsFlows += FlowCounters(egressBytes: 1, egressPackets: 1)
        for _ in 0..<100 {
            world.tick()
            for _ in 0..<20 { try world.upload() }
        }
        #expect(world.backlog.remaining.isZero && world.source.total.isZero, comment)
        #expect(world.classifier.booked == world.produced, comment)
        // What the metrics say adds up, too: all that was seen or lost is delivered or refused.
        let values = world.counters.snapshot
        var settled = values.delivered
        settled += values.lost["refused_400"] ?? .zero
        #expect(settled == world.produced, comment)
        #expect(values.lost["refused_400"] == world.classifier.losses["refused_400"], comment)
        #expect(Set(world.classifier.losses.keys).isSubset(of: ["map_full", "refused_400"]), comment)
        for (interval, next) in zip(world.classifier.intervals, world.classifier.intervals.dropFirst()) {
            #expect(interval.end <= next.start || interval == next, comment)
        }
    }
}
