// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation
import Logging
import TestSupport
import Testing
import Traffic
import Wire

@testable import Agent

struct SpoolTests {
    private func world() -> SpoolWorld {
        var world = SpoolWorld(SeededRandom())
        world.diesBetween = false
        return world
    }

    /// Counts `bytes` and drains them.
    private func drain(_ bytes: UInt64, _ world: inout SpoolWorld) throws {
        world.source.flows.append(.sent(bytes))
        world.produced += FlowCounters(egressBytes: bytes, egressPackets: 1)
        #expect(try world.tick())
    }

    @Test func whatIsSpooledSurvivesTheProcessInOrder() throws {
        var world = self.world()
        world.limits.bytes = 1 << 20
        try world.start()
        for bytes in 1...20 as ClosedRange<UInt64> { try drain(bytes, &world) }
        world.kill()
        try world.start()
        let spool = try #require(world.life?.spool)
        #expect(spool.use.batches == 20 && spool.remaining.bytes == 210)
        var sequences: [UInt64] = []
        while let shipment = spool.next(Shipment.Limit(batches: 3)) {
            #expect(shipment.after == sequences.last ?? 0)
            sequences += shipment.batches.map(\.sequence)
            for batch in shipment.batches {
                #expect(try FlowBatch(encoded: batch.bytes).sequence == batch.sequence)
            }
            spool.release(through: shipment.last, of: 5)
        }
        #expect(sequences == Array(1...20))
        #expect(spool.use.batches == 0 && spool.remaining.isZero)
        try drain(5, &world)
        #expect(world.life?.spool.next(Shipment.Limit())?.first == 21, "the numbering goes on")
    }

    @Test func theNumberingGoesOnAfterEverythingWasRemoved() throws {
        var world = self.world()
        world.limits.bytes = 4000
        try world.start()
        for bytes in 1...30 as ClosedRange<UInt64> {
            try drain(bytes, &world)
            _ = world.life?.spool.next(Shipment.Limit())
            world.life?.spool.release(through: bytes, of: 5)
        }
        let size = world.disk.files.filter { $0.key.hasPrefix("segment-") }.reduce(0) { $0 + $1.value.count }
        #expect(size < world.limits.bytes + 1000, "what is acknowledged stays only where there is room")
        world.disk.files = world.disk.files.filter { !$0.key.hasPrefix("segment-") }
        world.kill()
        try world.start()
        try drain(1, &world)
        let shipment = try #require(world.life?.spool.next(Shipment.Limit()))
        #expect(shipment.first == 31 && shipment.batches[0].running.bytes == 30 * 31 / 2 + 1)
    }

    @Test func aLostSpoolStartsANewNumbering() throws {
        var world = self.world()
        try world.start()
        try drain(1, &world)
        try drain(2, &world)
        try world.upload(faults: false)
        try world.upload(faults: false)
        world.kill()
        world.disk.files = [:]
        try world.start()
        try drain(4, &world)
        try world.finish()
        #expect(world.classifier.booked == world.produced)
        #expect(world.classifier.marks.count == 2, "under its old boot id it would be taken for a duplicate")
    }

    @Test func countersThatAreGoneLeaveTheirBatchesToDeliver() throws {
        var world = self.world()
        try world.start()
        try drain(1, &world)
        try drain(2, &world)
        world.kill()
        world.source = FakeSource(bootID: 6)
        try world.start()
        try drain(4, &world)
        let shipment = try #require(world.life?.spool.next(Shipment.Limit()))
        #expect(shipment.batches.count == 2, "a shipment has one source")
        #expect(try FlowBatch(encoded: shipment.batches[0].bytes).source.bootID == 5)
        try world.finish()
        #expect(world.classifier.booked == world.produced)
        #expect(world.classifier.marks[5]?.sequence == 2 && world.classifier.marks[6] != nil)
    }

    @Test func aFullSpoolPausesAndGetsItsRoomBack() throws {
        var world = self.world()
        world.limits.bytes = 3000
        try world.start()
        var drained: UInt64 = 0
        while world.life?.spool.hasRoom == true {
            try drain(1, &world)
            drained += 1
        }
        #expect((2...12).contains(drained))
        world.source.flows = [.sent(1000)]
        #expect(try !world.tick(), "the kernel keeps it")
        #expect(world.source.total.bytes == 1000)
        let spool = try #require(world.life?.spool)
        while let shipment = spool.next(Shipment.Limit()) { spool.release(through: shipment.last, of: 5) }
        #expect(spool.hasRoom)
    }

    @Test func whatIsTooOldIsBookedAsLost() throws {
        var world = self.world()
        world.limits.age = .seconds(100)
        try world.start()
        try drain(7, &world)
        try drain(9, &world)
        world.kill()
        world.now += 200 * second
        try world.start()
        let spool = try #require(world.life?.spool)
        let report = try #require(spool.next(Shipment.Limit()))
        #expect(
            report.skipped == [Loss(reason: "spool_expired", counters: FlowCounters(egressBytes: 7, egressPackets: 1))]
        )
        #expect(try FlowBatch(encoded: report.batches[0].bytes).losses.map(\.counters.egressBytes) == [9])
        #expect(spool.remaining.bytes == 16, "it is lost once that is reported")
        try drain(1, &world)
        try world.finish()
        #expect(world.classifier.losses == ["spool_expired": FlowCounters(egressBytes: 16, egressPackets: 2)])
        #expect(world.classifier.booked == world.produced)
        #expect(world.tally.snapshot.expired == 2)
    }

    /// A process that dies after it gave something up does not book it twice, nor forget it.
    @Test(arguments: [false, true])
    func aLossIsReportedOnce(isStale: Bool) throws {
        var world = self.world()
        world.limits.age = .seconds(100)
        try world.start()
        try drain(7, &world)
        try drain(9, &world)
        world.kill()
        world.now += 200 * second
        try world.start()
        let stale = world.disk.files[SpoolState.file]
        #expect(world.life?.spool.next(Shipment.Limit())?.skipped.count == 1)
        try drain(1, &world)
        // Both as the state stands, and as if its last writes had never reached the disk.
        if isStale { world.disk.files[SpoolState.file] = stale }
        world.kill()
        try world.start()
        try world.upload(faults: false)
        try world.finish()
        #expect(world.classifier.losses.values.reduce(0) { $0 + $1.bytes } == 16)
        #expect(world.classifier.booked == world.produced)
    }

    /// A ledger that is restored from a copy gets back what came after it.
    @Test func whatTheLedgerForgotIsSentAgain() throws {
        var world = self.world()
        world.limits.bytes = 1 << 20
        try world.start()
        for bytes in 1...5 as ClosedRange<UInt64> { try drain(bytes, &world) }
        try world.deliverAll()
        let copy = world.classifier
        for bytes in 6...9 as ClosedRange<UInt64> { try drain(bytes, &world) }
        try world.deliverAll()
        world.classifier = copy
        if world.chance(2) {
            world.kill()
            try world.start()
        }
        try drain(10, &world)
        try world.finish()
        #expect(world.classifier.booked == world.produced && world.classifier.losses.isEmpty)
        #expect(world.classifier.gaps == 1)
        #expect(world.life?.spool.remaining.isZero == true && world.life?.spool.use.batches == 0)
    }

    /// What nobody has any more is missing in the ledger, to the byte.
    @Test func whatNobodyHasIsBookedAsLost() throws {
        var world = self.world()
        try world.start()
        for bytes in 1...5 as ClosedRange<UInt64> { try drain(bytes, &world) }
        try world.deliverAll()
        world.classifier = BookKeeper()
        // Two minutes later the first segments are gone.
        world.now += 180 * second
        for bytes in 6...30 as ClosedRange<UInt64> {
            try drain(bytes, &world)
            if bytes < 30 {
                let sent = try #require(world.life?.spool.next(Shipment.Limit()))
                world.life?.spool.release(through: sent.last, of: 5)
            }
        }
        let first = world.disk.files.keys.filter { $0.hasPrefix("segment-") }.min()
        #expect(first != SpoolSegment(base: 0, size: 0).name)
        try world.finish()
        #expect(Set(world.classifier.losses.keys) == ["not_received"])
        #expect(world.classifier.booked == world.produced)
        #expect(world.classifier.flows != world.produced)
    }

    @Test func aReadOnlyDiskStopsTheStartAndPausesTheRun() throws {
        var world = self.world()
        world.disk.setReadOnly(true)
        #expect(throws: SpoolError.self) { try world.start() }
        world.disk.setReadOnly(false)
        try world.start()
        world.disk.setReadOnly(true)
        world.source.flows = [.sent(5)]
        world.produced = world.source.total
        for _ in 0..<3 { #expect(try !world.tick()) }
        #expect(world.source.total.bytes == 5 && world.life?.spool.next(Shipment.Limit()) == nil)
        try world.finish()
        #expect(world.classifier.booked == world.produced)
    }

    @Test func aNewerFormatIsLeftAlone() throws {
        var world = self.world()
        var header = Array("NLspool\n".utf8)
        header.add(UInt32(3))
        header.add(CRC32C.checksum(header))
        world.disk.files = [SpoolSegment(base: 0, size: 0).name: header]
        let error = #expect(throws: SpoolError.self) { try world.start() }
        #expect(error?.description.contains("version 3") == true)
        #expect(world.disk.files.count == 1)
    }

    @Test func aDirectoryOnDiskDoesWhatTheSeamSays() throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let files = SpoolDirectory(path: folder.path)
        try files.write([1, 2, 3, 4], to: "a", at: 0)
        try files.write([9, 9], to: "a", at: 3)
        #expect(try files.read("a", at: 1, count: 100) == [2, 3, 9, 9])
        #expect(try files.read("a", at: 9, count: 1).isEmpty)
        try files.truncate("a", to: 2)
        try files.sync("a")
        try files.syncDirectory()
        #expect(try files.size(of: "a") == 2 && files.list() == ["a"])
        try files.remove("a")
        #expect(try files.list().isEmpty)
        let error = #expect(throws: SpoolError.self) { try files.read("a", at: 0, count: 1) }
        #expect(error?.description.hasSuffix("/a cannot be opened: No such file or directory.") == true)
    }

    @Test func aDirectoryHasOneUser() throws {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        let lock = try DirectoryLock(folder.file("spool"), of: "--spool")
        let error = #expect(throws: AgentError.self) { try DirectoryLock(folder.file("spool"), of: "--spool") }
        #expect(error?.description.hasPrefix("--spool: another agent uses") == true)
        lock.release()
        try DirectoryLock(folder.file("spool"), of: "--spool").release()
    }
}
