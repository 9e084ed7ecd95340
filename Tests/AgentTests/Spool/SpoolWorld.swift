// SPDX-License-Identifier: Apache-2.0
import Capture
import Logging
import TestSupport
import Traffic
import Wire

@testable import Agent

/// A host whose agent can be killed at any step: the counters, the disk and the classifier outlive it.
struct SpoolWorld {
    /// A classifier with a watermark for every boot id.
    struct Classifier {
        var watermarks: [UInt128: UInt64] = [:]
        /// Batches that it does not take, by boot id and sequence.
        var refused: Set<String> = []
        var flows = FlowCounters.zero
        var losses: [String: FlowCounters] = [:]

        var booked: FlowCounters {
            losses.values.reduce(into: flows) { $0 += $1 }
        }

        mutating func book(_ body: [UInt8]) throws -> UploadAnswer {
            let batch = try FlowBatch(encoded: body)
            let watermark = watermarks[batch.source.bootID, default: 0]
            guard batch.sequence > watermark else {
                return .acknowledged(Acknowledgement(outcome: .duplicate, nextSequence: watermark + 1))
            }
            watermarks[batch.source.bootID] = batch.sequence
            for flow in batch.flows { flows += flow.counters }
            for loss in batch.losses { losses[loss.reason, default: .zero] += loss.counters }
            return .acknowledged(Acknowledgement(outcome: .applied, nextSequence: batch.sequence + 1))
        }
    }

    /// One process.
    struct Life {
        var sampler: Sampler
        let spool: Spool
        var unkept: Sample?
    }

    var random: SeededRandom
    var now = newYear + 17
    var source = FakeSource()
    let disk: FaultyDisk
    var classifier = Classifier()
    var produced = FlowCounters.zero
    var life: Life?
    var limits = Spool.Limits(bytes: 6000, age: .seconds(1 << 30))
    let tally = AgentCounters()
    /// Whether processes also end between storing a drain and telling the kernel.
    var diesBetween = true

    init(_ random: SeededRandom) {
        self.random = random
        disk = FaultyDisk(SeededRandom(seed: random.seed &+ 1))
    }

    mutating func chance(_ oneIn: Int) -> Bool {
        Int.random(in: 0..<oneIn, using: &random) == 0
    }

    mutating func traffic() {
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            let flow = KernelFlow.sent(
                .random(in: 1...1 << 30, using: &random),
                cgroup: .random(in: 0...9, using: &random),
                port: .random(in: .min ... .max, using: &random)
            )
            source.flows.append(flow)
            produced += flow.counters
        }
    }

    /// Starts the agent as the program does.
    mutating func start() throws {
        let recovery = try SpoolRecovery(disk, counters: [source.state])
        if source.state.pending == recovery.stored.drain { try source.commit() }
        let sequence = recovery.sequence ?? SourceSequence(of: source.state)
        let time = now
        let spool = Spool(
            recovery,
            in: disk,
            limits: limits,
            counters: source.state.bootID,
            sequence: sequence,
            tally: tally,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { time }
        var identity = AgentIdentity.test
        identity.source.bootID = sequence.bootID
        let sampler = Sampler(
            source: source,
            namer: OwnerNamer { [1: "/", 7: "/system.slice/nginx.service"] },
            identity: identity,
            schedule: TickSchedule(interval: .seconds(5)),
            start: now,
            lastSequence: sequence.last,
            flowsPerBatch: 2
        )
        life = Life(sampler: sampler, spool: spool)
    }

    /// Ends the agent without a word.
    mutating func kill() {
        life = nil
        disk.revive()
    }

    /// Keeps what is not kept, else drains; returns false if that was not possible.
    @discardableResult mutating func tick() throws -> Bool {
        now += .random(in: 1...9 * second, using: &random)
        guard var life else { return false }
        defer { self.life = life }
        if life.unkept == nil {
            guard life.spool.hasRoom else { return false }
            let spool = life.spool
            life.unkept = try life.sampler.sample(at: now) { spool.takeRefused() }
        }
        guard let sample = life.unkept else { return false }
        do {
            try life.spool.keep(sample.batches, of: sample.drain)
        } catch is SpoolError {
            return false
        }
        // Killed between the two, the batches are stored and the kernel does not know.
        if diesBetween, chance(8) { throw FaultyDisk.Killed() }
        try life.sampler.commit()
        life.spool.publish()
        life.unkept = nil
        return true
    }

    /// Sends the oldest batch; it may be lost on the way, or its answer may, or it may be refused.
    mutating func upload(faults: Bool = true) throws {
        guard let spool = life?.spool, let batch = spool.first() else { return }
        if disk.isDead { throw FaultyDisk.Killed() }
        // What a classifier refuses it always refuses, and it never refuses what it has booked.
        let contents = try FlowBatch(encoded: batch.bytes)
        let name = "\(contents.source.bootID) \(contents.sequence)"
        let isNew = contents.sequence > classifier.watermarks[contents.source.bootID, default: 0]
        if faults, isNew, chance(12) { classifier.refused.insert(name) }
        switch faults ? Int.random(in: 0..<12, using: &random) : 9 {
        case 0, 1: return
        case _ where classifier.refused.contains(name): spool.refuse(reason: "refused_400")
        case 2: _ = try classifier.book(batch.bytes)
        default:
            _ = try classifier.book(batch.bytes)
            spool.release()
        }
        if disk.isDead { throw FaultyDisk.Killed() }
    }

    /// Delivers everything, with nothing in the way; losses included.
    mutating func finish() throws {
        if life == nil { try start() }
        disk.revive()
        for _ in 0..<6 {
            repeat { try upload(faults: false) } while life?.spool.first() != nil
            while try !calmTick() {}
        }
        repeat { try upload(faults: false) } while life?.spool.first() != nil
    }

    private mutating func calmTick() throws -> Bool {
        do {
            return try tick()
        } catch is FaultyDisk.Killed {
            kill()
            try start()
            return true
        }
    }
}
