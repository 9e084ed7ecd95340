// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import TestSupport
import Testing
import Traffic

@testable import Ledger

@Suite("Backup, check and restore")
struct BackupTests {
    private let directory: TemporaryDirectory
    private let path: String
    private let copy: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
        copy = directory.file("copy.db")
    }

    private func change(_ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
        try queue.close()
    }

    private func makeLedger() async throws {
        var options = LedgerOptions.immediate
        options.now = { midnight + 2 * 86_400 }
        let ledger = try Ledger(path: path, options: options)
        let loss = Loss(reason: "map_full", counters: .sample(5))
        _ = try await ledger.book(.sample(sequence: 1, pods: ["a", "b"], losses: [loss]))
        while try await ledger.upkeep() != nil {}
        _ = try await ledger.book(.sample(sequence: 2, at: midnight + 86_470, pods: ["a", "c"]))
        await ledger.close()
    }

    @Test func aBackupIsASnapshotWhileBookingsGoOn() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        for sequence: UInt64 in 1...20 { _ = try await ledger.book(.sample(sequence: sequence)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for sequence: UInt64 in 21...60 { _ = try await ledger.book(.sample(sequence: sequence)) }
            }
            try await ledger.backUp(to: copy)
            try await group.waitForAll()
        }
        #expect(try await ledger.status().totals == .sample(1000).times(60))
        await ledger.close()
        let check = try LedgerCheck(path: copy)
        #expect(check.findings == [])
        let batches = check.totals.egressBytes / 1000
        #expect((20...60).contains(batches))
        let restored = try Ledger(path: copy, options: .immediate)
        #expect(try await restored.status().nodes.map(\.sequence) == [batches], "bytes and watermark agree")
        #expect(try await restored.dayTotal().egressBytes == check.totals.egressBytes)
        // The copy gives space back, too.
        #expect(try await restored.store.pool.read { try Int.fetchOne($0, sql: "PRAGMA auto_vacuum") } == 2)
        await restored.close()
    }

    @Test func aBackupDoesNotReplaceAFile() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        try Data("mine".utf8).write(to: URL(fileURLWithPath: copy))
        #expect(try await code { try await ledger.backUp(to: copy) } == .cannotOpen)
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data("mine".utf8))
        await ledger.close()
    }

    @Test func whatACutShortBackupLeftIsDeletedAtTheNextStart() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let copy = ledger.pathForCopy
        // What an operator has named alike is not ours.
        let kept = path + "-backup-monday"
        for file in [copy, kept] { try Data().write(to: URL(fileURLWithPath: file)) }
        await ledger.close()
        await (try Ledger(path: path, options: .immediate)).close()
        #expect(!FileManager.default.fileExists(atPath: copy))
        #expect(FileManager.default.fileExists(atPath: kept))
    }

    @Test func aRestoredLedgerIsTheBackupAndTheOldOneIsKept() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1))
        try await ledger.backUp(to: copy)
        _ = try await ledger.book(.sample(sequence: 2))
        #expect(
            try await code { try LedgerRestore.restore(copy, to: path, replacing: true, now: 1) } == .locked,
            "it is open"
        )
        await ledger.close()
        #expect(try await code { try LedgerRestore.restore(copy, to: path, replacing: false, now: 1) } == .cannotOpen)
        let old = try #require(try LedgerRestore.restore(copy, to: path, replacing: true, now: 1))
        for (path, sequence) in [(path, UInt64(1)), (old, 2)] {
            let ledger = try Ledger(path: path, options: .immediate)
            #expect(try await ledger.status().nodes.map(\.sequence) == [sequence])
            await ledger.close()
        }
        let fresh = directory.file("fresh.db")
        #expect(try LedgerRestore.restore(copy, to: fresh, replacing: false, now: 1) == nil)
        #expect(try LedgerCheck(path: fresh).findings == [])
    }

    @Test func aDamagedBackupIsNotRestored() async throws {
        defer { directory.remove() }
        try await makeLedger()
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let bad = directory.file("bad.db")
        try FileManager.default.copyItem(atPath: copy, toPath: bad)
        let queue = try DatabaseQueue(path: bad)
        try await queue.writeWithoutTransaction { db in try db.execute(sql: "UPDATE counters SET egress_bytes = 1") }
        try queue.close()
        #expect(try await code { try LedgerRestore.restore(bad, to: path, replacing: true, now: 1) } == .damaged)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func aSoundLedgerHasNoFindings() async throws {
        defer { directory.remove() }
        try await makeLedger()
        let check = try LedgerCheck(path: path)
        #expect(check.findings == [])
        #expect(check.series == 3)
        #expect(check.totals == .sample(1000).times(4))
        #expect(check.schemaVersion == Ledger.schemaVersion)
    }

    @Test(arguments: [
        ("UPDATE day SET egress_bytes = egress_bytes + 1 WHERE series_id = 1", "is not the sum of its hours"),
        ("UPDATE day SET ingress_packets = ingress_packets + 1 WHERE series_id = 1", "counters say"),
        ("DELETE FROM minute", "is not the sum of its minutes"),
        ("DELETE FROM minute_sealed", "is not the sum of its minutes"),
        ("UPDATE hour_sealed SET columns = randomblob(200)", "fails its checksum"),
        ("UPDATE hour_sealed SET key = key + (1 << 28)", "fails its checksum"),
        ("UPDATE minute SET bucket_start = bucket_start + 1", "have no bucket"),
        ("UPDATE counters SET egress_bytes = egress_bytes - 1 WHERE series_id = 2", "counters say"),
        ("UPDATE tiers SET egress_bytes = 5 WHERE tier = 'hour'", "what was pruned"),
        ("UPDATE tiers SET kept_from = 17 WHERE tier = 'minute'", "out of order"),
        ("UPDATE watermarks SET sequence = 99", "contradicts itself"),
        ("UPDATE series SET id = 77 WHERE id = 3", "series 3 is gone"),
        ("UPDATE series SET scope = 'near' WHERE id = 3", "unknown owner_kind"),
        ("UPDATE losses SET egress_bytes = 1000", "more is lost by minute"),
        ("DROP TABLE losses", "losses is missing from the schema"),
        ("CREATE TABLE more (x)", "more is not part of the schema"),
        ("UPDATE day_rollup SET columns = (SELECT columns FROM hour_sealed)", "is not the sum of its day"),
    ])
    func eachContradictionIsFoundAndNothingIsRepaired(sql: String, words: String) async throws {
        defer { directory.remove() }
        try await makeLedger()
        try change(sql)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let findings = try LedgerCheck(path: path).findings
        #expect(findings.contains { $0.contains(words) }, "\(findings)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test func aFlippedBitAnywhereIsFoundOrHarmless() async throws {
        defer { directory.remove() }
        try await makeLedger()
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        var random = SeededRandom()
        var found = 0
        for _ in 0..<60 {
            var damaged = sound
            let offset = Int.random(in: 100..<sound.count, using: &random)
            damaged[offset] ^= 1 << UInt8.random(in: 0...7, using: &random)
            try damaged.write(to: URL(fileURLWithPath: copy))
            // Whatever the bit was: an answer or an error, and never a crash.
            do { found += try LedgerCheck(path: copy).findings.isEmpty ? 0 : 1 } catch is LedgerError { found += 1 }
        }
        #expect(found > 0, "seed \(random.seed)")
    }

    @Test func otherFilesAreRefused() async throws {
        defer { directory.remove() }
        #expect(try await code { _ = try LedgerCheck(path: path) } == .cannotOpen)
        try Data("not a database, but long enough to have a header of one hundred bytes".utf8)
            .write(to: URL(fileURLWithPath: path))
        #expect(try await code { _ = try LedgerCheck(path: path) } == .notALedger)
    }
}
