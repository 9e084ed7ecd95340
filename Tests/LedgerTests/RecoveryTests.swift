// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import TestSupport
import Testing
import Traffic

@testable import Ledger

@Suite("Storage that fails and comes back")
struct RecoveryTests {
    /// Books once, makes the storage fail, and checks that nothing changed until it is well again.
    private func expectRecovery(
        _ ledger: Ledger,
        from code: LedgerError.Code,
        whileFailing fail: () async throws -> Void,
        heal: () async throws -> Void
    ) async throws {
        let loss = Loss(reason: "map_full", counters: .sample(5))
        _ = try await ledger.book(.sample(sequence: 1, losses: [loss]))
        let before = try await ledger.status()
        let counters = ledger.podCounters()
        let pods = (0..<3000).map { "pod-\($0)" }

        try await fail()
        for attempt in 1...3 {
            let error = try await #require(throws: LedgerError.self) {
                try await ledger.book(.sample(sequence: 2, pods: pods, losses: [loss]))
            }
            #expect(error.code == code, "\(error)")
            #expect(error.isTransient)
            let after = try await ledger.status()
            #expect(after.totals == before.totals)
            #expect(after.series == before.series)
            #expect(after.nodes == before.nodes)
            #expect(after.losses == before.losses)
            #expect(ledger.podCounters().labels == counters.labels)
            #expect(ledger.podCounters().values == counters.values)
            #expect(try await ledger.dayTotal() == .sample(1000), "queries still answer")
            #expect(ledger.activity().failedCommits == UInt64(attempt))
            #expect(ledger.activity().lastFailure == error)
            #expect(ledger.activity().waitingRows == 0)
        }

        try await heal()
        #expect(
            try await ledger.book(.sample(sequence: 2, pods: pods, losses: [loss]))
                == Receipt(outcome: .applied, nextSequence: 3)
        )
        #expect(try await ledger.dayTotal().egressBytes == 3_001_000)
        #expect(try await ledger.status().totals.egressBytes == 3_001_000)
        #expect(try await ledger.status().series == 3001)
        #expect(ledger.activity().lastFailure == nil)
        let path = ledger.store.path
        await ledger.close()
        let again = try Ledger(path: path, options: .immediate)
        #expect(try await again.dayTotal().egressBytes == 3_001_000)
        #expect(try await again.status().totals.egressBytes == 3_001_000)
        await again.close()
    }

    private func execute(_ sql: String, on ledger: Ledger) async throws {
        try await ledger.store.pool.writeWithoutTransaction { db in try db.execute(sql: sql) }
    }

    @Test func theFileMayNotGrow() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let ledger = try Ledger(path: directory.file("ledger.db"), options: .immediate)
        try await expectRecovery(ledger, from: .diskFull) {
            try await execute("PRAGMA max_page_count = 1", on: ledger)
        } heal: {
            try await execute("PRAGMA max_page_count = 1000000", on: ledger)
        }
    }

    @Test func theFileIsReadOnly() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let ledger = try Ledger(path: directory.file("ledger.db"), options: .immediate)
        try await expectRecovery(ledger, from: .readOnly) {
            try await execute("PRAGMA query_only = 1", on: ledger)
        } heal: {
            try await execute("PRAGMA query_only = 0", on: ledger)
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting a file system takes root"))
    func theDiskIsFull() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try #require(mount("tmpfs", directory.path, "tmpfs", 0, "size=4m") == 0, "\(String(cString: strerror(errno)))")
        defer { umount2(directory.path, CInt(MNT_DETACH)) }
        let ledger = try Ledger(path: directory.file("ledger.db"), options: .immediate)
        let ballast = directory.file("ballast")
        try await expectRecovery(ledger, from: .diskFull) {
            try #require(FileManager.default.createFile(atPath: ballast, contents: nil))
            let file = try #require(FileHandle(forWritingAtPath: ballast))
            // Until the file system refuses.
            var chunk = 65_536
            while chunk > 0 {
                do { try file.write(contentsOf: Data(count: chunk)) } catch { chunk /= 2 }
            }
            try file.close()
        } heal: {
            try FileManager.default.removeItem(atPath: ballast)
        }
    }

    @Test func everybodyInAFailedCommitIsTold() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let ledger = try Ledger(path: directory.file("ledger.db"), options: .patient(commitRows: 5))
        try await execute("PRAGMA query_only = 1", on: ledger)
        let codes = try await withThrowingTaskGroup(of: LedgerError.Code?.self) { group in
            for node in 0..<5 {
                group.addTask {
                    try await code {
                        _ = try await ledger.book(.sample(source: .sample(node: "n\(node)"), sequence: 1))
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(codes == Array(repeating: .readOnly, count: 5))
        #expect(ledger.activity().failedCommits == 1)
        await ledger.close()
    }
}
