// SPDX-License-Identifier: Apache-2.0
import Capture
import Synchronization
import TestSupport
import Testing
import Traffic

@testable import Agent

/// The one rule across kills, full disks and damage: counted = booked + waiting + lost by name.
struct SpoolFaultTests {
    @Test(arguments: 0..<60)
    func killsAndFullDisksLoseAndRepeatNothing(round: Int) throws {
        let random = SeededRandom()
        var world = SpoolWorld(SeededRandom(seed: random.seed &+ UInt64(round)))
        let comment: Comment = "seed \(random.seed), round \(round)"
        for _ in 0..<25 {
            if world.chance(2) {
                world.disk.arm(world.chance(3) ? .failure : .kill, after: .random(in: 0...25, using: &world.random))
            }
            do {
                try world.start()
                for _ in 0..<Int.random(in: 0...20, using: &world.random) {
                    world.traffic()
                    if world.chance(6) { world.disk.arm(.failure, after: .random(in: 0...4, using: &world.random)) }
                    try world.tick()
                    for _ in 0..<Int.random(in: 0...3, using: &world.random) { try world.upload() }
                    // Now and then the ledger is copied, and the copy put back.
                    if world.chance(10) { world.backup = world.classifier }
                    if world.chance(20), var copy = world.backup {
                        copy.refused = world.classifier.refused
                        copy.refusedReports = world.classifier.refusedReports
                        world.classifier = copy
                    }
                }
            } catch is FaultyDisk.Killed {
            } catch is SpoolError {
                // The disk failed at the start: the agent says so and ends.
            }
            world.kill()
        }
        try world.finish()
        #expect(world.source.total.isZero && world.life?.spool.remaining.isZero == true, comment)
        #expect(world.life?.spool.use.batches == 0, comment)
        #expect(world.classifier.booked == world.produced, comment)
        #expect(Set(world.classifier.losses.keys).isSubset(of: ["refused_400", "not_received"]), comment)
        #expect(world.tally.snapshot.corrupt == 0, comment)
    }

    /// Kills at each step of one run in turn, so that no step is left out.
    @Test func everyStepMayBeTheLast() throws {
        let random = SeededRandom()
        var total = 1
        var step = 0
        while step < total {
            var world = SpoolWorld(SeededRandom(seed: random.seed))
            world.diesBetween = false
            world.disk.arm(.kill, after: step)
            do {
                try world.start()
                for _ in 0..<12 {
                    world.traffic()
                    try world.tick()
                    try world.upload()
                }
                total = world.disk.steps
            } catch is FaultyDisk.Killed {
                total = max(total, step + 2)
            }
            world.kill()
            try world.finish()
            #expect(world.classifier.booked == world.produced, "seed \(random.seed), step \(step)")
            step += 1
        }
        #expect(step > 20)
    }

    /// A file that ends at every byte of its last drain: the drain counts as a whole or not at all.
    @Test func aTornTailIsAWholeDrainOrNone() throws {
        let random = SeededRandom()
        var world = SpoolWorld(random)
        try world.start()
        world.source.flows = (1...5).map { .sent($0 * 100, port: UInt16($0)) }
        world.produced = world.source.total
        var life = try #require(world.life)
        let before = world.disk.files
        let sample = try life.sampler.sample(at: world.now + second)
        #expect(sample.batches.count == 3, "a drain of several batches is what this is about")
        try life.spool.keep(sample.batches, of: sample.drain)
        let stored = world.disk.files
        let name = try #require(stored.keys.first { before[$0] == nil })
        let whole = try #require(stored[name])
        let source = world.source
        for length in 0...whole.count {
            let counters = CounterState(bootID: source.state.bootID, committed: 0, pending: 1)
            world.disk.files = stored.merging([name: Array(whole.prefix(length))]) { $1 }
            let recovery = try SpoolRecovery(world.disk, counters: [counters])
            #expect(recovery.stored.drain == (length == whole.count ? 1 : 0), "length \(length)")
            #expect(recovery.batches == (length == whole.count ? 3 : 0), "length \(length)")
            // Of counters that are gone, each batch that is whole counts.
            world.disk.files = stored.merging([name: Array(whole.prefix(length))]) { $1 }
            let others = CounterState(bootID: 99, committed: 0, pending: nil)
            let orphan = try SpoolRecovery(world.disk, counters: [others])
            #expect(orphan.batches >= recovery.batches && orphan.sequence == nil, "length \(length)")
            // Counters that are being taken over hold their last drain like one's own.
            world.disk.files = stored.merging([name: Array(whole.prefix(length))]) { $1 }
            let heir = try SpoolRecovery(world.disk, counters: [others, counters])
            #expect(heir.batches == recovery.batches && heir.stored == recovery.stored, "length \(length)")
            #expect(heir.sequence == nil, "new counters are numbered anew")
        }
        world.kill()
        try world.finish()
        #expect(world.classifier.booked == world.produced)
    }

    /// The kernel still holds a drain whose record was damaged before it was committed, whatever the state says.
    @Test func aDamagedDrainThatTheKernelHoldsIsDrainedAgain() throws {
        var world = SpoolWorld(SeededRandom())
        try world.start()
        world.source.flows = [.sent(100, port: 1)]
        world.produced = world.source.total
        var life = try #require(world.life)
        let before = Set(world.disk.files.keys)
        let sample = try life.sampler.sample(at: world.now + second)
        try life.spool.keep(sample.batches, of: sample.drain)
        try life.spool.state.withLock(\.disk).write(world.disk, isDurable: true)
        let name = try #require(world.disk.files.keys.first { !before.contains($0) })
        world.disk.files[name]?[(world.disk.files[name]?.count ?? 0) - 1] ^= 1
        let recovery = try SpoolRecovery(world.disk, counters: [world.source.state])
        #expect(recovery.stored.drain == 0)
        world.kill()
        try world.finish()
        #expect(world.classifier.booked == world.produced)
    }

    /// One flipped bit anywhere, in a header or in the state too: at most the batch it hits is lost, to the byte.
    @Test func aFlippedBitCostsAtMostItsBatch() throws {
        var random = SeededRandom()
        for _ in 0..<150 {
            var world = SpoolWorld(SeededRandom(seed: random.next()))
            let comment: Comment = "seed \(random.seed), world \(world.random.seed)"
            world.limits.bytes = 1 << 20
            try world.start()
            for _ in 0..<8 {
                world.traffic()
                while try !stubbornTick(&world) {}
            }
            world.kill()
            let names = world.disk.files.keys.sorted()
            let name = names[Int.random(in: 0..<names.count, using: &random)]
            let count = world.disk.files[name]?.count ?? 0
            let index = Int.random(in: 0..<count, using: &random)
            world.disk.files[name]?[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            do {
                try world.start()
                try world.finish()
            } catch is FaultyDisk.Killed {
                Issue.record(comment)
            }
            let values = world.tally.snapshot
            let missing = world.produced.subtracting(world.classifier.booked)
            #expect(missing.isZero, comment)
            #expect(values.corrupt <= 1, comment)
            #expect(Set(world.classifier.losses.keys).isSubset(of: ["spool_corrupt", "not_received"]), comment)
            #expect(world.classifier.losses["spool_corrupt"] == values.lost["spool_corrupt"], comment)
        }
    }

    private func stubbornTick(_ world: inout SpoolWorld) throws -> Bool {
        do {
            return try world.tick()
        } catch is FaultyDisk.Killed {
            world.kill()
            try world.start()
            return true
        }
    }
}
