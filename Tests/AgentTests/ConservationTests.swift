// SPDX-License-Identifier: Apache-2.0
import Capture
import TestSupport
import Testing
import Traffic
import Wire

@testable import Agent

/// The one rule, between the kernel's maps and the ledger: bytes in = bytes out + bytes lost by name.
struct ConservationTests {
    /// A classifier that keeps a watermark and may fail before or after it has booked.
    struct Classifier {
        var watermark: UInt64 = 0
        var flows = FlowCounters.zero
        var losses: [String: FlowCounters] = [:]
        var intervals: [Interval] = []

        var booked: FlowCounters {
            losses.values.reduce(into: flows) { $0 += $1 }
        }

        mutating func book(_ body: [UInt8]) throws -> Acknowledgement {
            let batch = try FlowBatch(encoded: body)
            guard batch.sequence > watermark else {
                return Acknowledgement(outcome: .duplicate, nextSequence: watermark + 1)
            }
            watermark = batch.sequence
            for flow in batch.flows { flows += flow.counters }
            for loss in batch.losses { losses[loss.reason, default: .zero] += loss.counters }
            intervals.append(batch.interval)
            return Acknowledgement(outcome: .applied, nextSequence: watermark + 1)
        }
    }

    /// A host, its agent and the classifier, one step at a time.
    struct World {
        var random: SeededRandom
        var now = newYear + 17
        let source = FakeSource()
        var sampler: Sampler
        let backlog = Backlog(capacity: 4000)
        var state = UploadState()
        var classifier = Classifier()
        var produced = FlowCounters.zero
        var producedAsFlows = FlowCounters.zero
        var refusedAsFlows = FlowCounters.zero
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
            let backlog = backlog
            // A drain that fails changes nothing; the next tick makes up for it.
            guard let sample = try? sampler.sample(at: now, carried: { backlog.takeRefused() }) else { return }
            backlog.keep(sample.batches, of: sample.drain)
            counters.update { $0.drained(sample, nanoseconds: 0, walks: 0) }
            // A slot that cannot be given back does not make the drain less final.
            source.commitFails = chance(10)
            try? sampler.commit()
            backlog.publish()
        }

        mutating func upload() throws {
            guard case .send(let batch) = state.step(head: backlog.first(), at: now) else { return }
            switch state.finish(try answer(to: batch), at: now, jitter: .random(in: 0...1, using: &random)) {
            case .release(let outcome):
                backlog.release()
                counters.update { $0.sent(batch, isDuplicate: outcome == .duplicate) }
            case .drop(let reason, _):
                backlog.refuse(reason: reason)
                counters.update { $0.refused(batch, reason: reason) }
            case .keep: break
            }
        }

        private mutating func answer(to batch: PackedBatch) throws -> UploadAnswer {
            guard faults else { return .acknowledged(try classifier.book(batch.bytes)) }
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1:
                return .failed(reason: "never arrived", retryAfter: nil)
            case 2, 3:
                _ = try classifier.book(batch.bytes)
                return .failed(reason: "the answer was lost", retryAfter: nil)
            case 4 where batch.sequence > classifier.watermark:
                for flow in try FlowBatch(encoded: batch.bytes).flows { refusedAsFlows += flow.counters }
                return .refused(status: 400, detail: "")
            default:
                return .acknowledged(try classifier.book(batch.bytes))
            }
        }

        private mutating func chance(_ oneIn: Int) -> Bool {
            Int.random(in: 0..<oneIn, using: &random) == 0
        }

        /// What is booked, waits or was refused; a batch that is booked and not acknowledged counts once.
        var accounted: FlowCounters {
            var total = classifier.booked
            total += source.total
            total += backlog.remaining
            if let head = backlog.first(), head.sequence <= classifier.watermark {
                total = total.subtracting(head.totals)
            }
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
        var flows = world.classifier.flows
        flows += world.refusedAsFlows
        #expect(flows == world.producedAsFlows, comment)
        #expect(Set(world.classifier.losses.keys).isSubset(of: ["map_full", "refused_400"]), comment)
        for (interval, next) in zip(world.classifier.intervals, world.classifier.intervals.dropFirst()) {
            #expect(interval.end <= next.start || interval == next, comment)
        }
    }
}
