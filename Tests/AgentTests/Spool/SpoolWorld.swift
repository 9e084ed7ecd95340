// SPDX-License-Identifier: Apache-2.0
import Capture
import Logging
import Synchronization
import TestSupport
import Traffic
import Wire

@testable import Agent

/// A host whose agent can be killed at any step: the counters, the disk and the classifier outlive it.
struct SpoolWorld {
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
    /// The time that the spool sees: that of the latest tick.
    let clock = SetClock()
    var classifier = BookKeeper()
    /// A copy of its ledger.
    var backup: BookKeeper?
    var state = UploadState()
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
        clock.time = now
        let clock = clock
        let spool = Spool(
            recovery,
            in: disk,
            limits: limits,
            counters: source.state.bootID,
            sender: AgentIdentity.test.source,
            tally: tally,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { clock.time }
        var identity = AgentIdentity.test
        identity.source.bootID = sequence.bootID
        let sampler = Sampler(
            source: source,
            namer: OwnerNamer { [1: "/", 7: "/system.slice/nginx.service"] },
            identity: identity,
            schedule: TickSchedule(interval: .seconds(5)),
            start: now,
            last: sequence,
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
        clock.time = now
        guard var life else { return false }
        defer { self.life = life }
        if life.unkept == nil {
            guard life.spool.hasRoom else { return false }
            life.unkept = try life.sampler.sample(at: now)
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

    /// Sends the oldest batches; they may be lost on the way, or the answer may, or one of them may be refused.
    mutating func upload(faults: Bool = true) throws {
        guard let spool = life?.spool else { return }
        var state = state
        defer { self.state = state }
        _ = try state.deliver(from: spool, at: now) { try answer(to: $0, faults: faults) }
        if disk.isDead { throw FaultyDisk.Killed() }
    }

    private mutating func answer(to shipment: Shipment, faults: Bool) throws -> UploadAnswer {
        if disk.isDead { throw FaultyDisk.Killed() }
        let body = try shipment.body(at: now)
        guard faults else { return try classifier.book(body) }
        let batch = shipment.batches[Int.random(in: 0..<shipment.batches.count, using: &random)]
        // What a classifier refuses it always refuses, and it never refuses what it has booked.
        if batch.sequence > classifier.marks[batch.source]?.sequence ?? 0, chance(12) {
            let name = BookKeeper.name(batch.source, batch.sequence)
            classifier.refused.insert(name)
            if chance(3) { classifier.refusedReports.insert(name) }
        }
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: return .failed(reason: "never arrived", retryAfter: nil)
        case 2:
            _ = try classifier.book(body)
            return .failed(reason: "the answer was lost", retryAfter: nil)
        default: return try classifier.book(body)
        }
    }

    /// Delivers everything, with nothing in the way; losses included.
    mutating func finish() throws {
        if life == nil { try start() }
        disk.revive()
        // Whatever was given up last shows with the next batch.
        source.flows.append(.sent(1))
        produced += FlowCounters(egressBytes: 1, egressPackets: 1)
        for _ in 0..<6 {
            try deliverAll()
            while try !calmTick() {}
        }
        try deliverAll()
    }

    /// Sends until nothing waits.
    mutating func deliverAll() throws {
        while let spool = life?.spool, spool.next(Shipment.Limit()) != nil { try upload(faults: false) }
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

/// Time that stands where it was set.
final class SetClock: Sendable {
    private let value = Atomic<Int64>(0)

    /// Nanoseconds since 1970-01-01T00:00:00Z.
    var time: Int64 {
        get { value.load(ordering: .relaxed) }
        set { value.store(newValue, ordering: .relaxed) }
    }
}
