// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import GRDBSQLite
import TestSupport
import Testing
import Traffic

@testable import Ledger

/// The power is cut before every single write or synchronization of a ledger's life, and it is opened again.
@Suite("A disk that fails", .serialized)
struct PowerCutTests {
    private let disk = FaultFileSystem.disk

    private static let isLong = ProcessInfo.processInfo.environment["NETLEDGER_LONG_TESTS"] != nil

    /// What a life of a ledger was answered before it ended.
    private struct Life {
        var answered: UInt64 = 0
        var tried: UInt64 = 0
    }

    /// Makes, migrates and fills a ledger, with upkeep, until something fails or there is no more to do.
    private func live(_ path: String) async -> Life {
        var life = Life()
        var options = LedgerOptions.immediate
        let clock = TestClock(midnight)
        options.now = { clock.now }
        options.freePages = 0
        do {
            let ledger = try Ledger(path: path, options: options)
            do {
                for sequence: UInt64 in 1...6 {
                    life.tried = sequence
                    let pods = (0..<40).map { "pod-\($0 * Int(sequence))" }
                    let start = midnight + 50 * Int64(sequence)
                    _ = try await ledger.book(.sample(sequence: sequence, at: start, pods: pods))
                    life.answered = sequence
                    if sequence == 3 {
                        clock.advance(by: 4000)
                        while try await ledger.upkeep() != nil {}
                    }
                }
                clock.advance(by: 3 * 86_400)
                while try await ledger.upkeep() != nil {}
            } catch {
                // That is what this is about.
            }
            await ledger.close()
        } catch {
            // It did not even open.
        }
        return life
    }

    /// Puts what was on the disk after a cut into a directory of its own.
    private func restart(with remains: [String: [UInt8]]) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for (path, bytes) in remains {
            let name = URL(fileURLWithPath: path).lastPathComponent
            try Data(bytes).write(to: URL(fileURLWithPath: directory.file(name)))
        }
        return directory
    }

    private func expectSound(_ remains: [String: [UInt8]], after life: Life, _ comment: Comment) async throws {
        let directory = try restart(with: remains)
        defer { directory.remove() }
        disk.watch(directory.path)
        defer { disk.watch(nil) }
        let path = directory.file("ledger.db")
        let ledger = try Ledger(path: path, options: .immediate)
        let sequence = try await ledger.status().nodes.first?.sequence ?? 0
        #expect((life.answered...life.tried).contains(sequence), "\(sequence) of \(life), \(comment)")
        #expect(try await ledger.dayTotal(steps: [nil]).egressBytes == 40_000 * sequence, comment)
        #expect(try await ledger.status().totals.egressBytes == 40_000 * sequence, comment)
        for next in (sequence + 1)...7 {
            #expect(try await ledger.book(.sample(sequence: next)).outcome == .applied, comment)
        }
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings == [], comment)
    }

    @Test func aCutAtAnyMomentLosesNothingThatWasAnswered() async throws {
        try #require(FaultFileSystem.isInstalled)
        defer { disk.watch(nil) }
        var random = SeededRandom()
        let whole = try TemporaryDirectory()
        disk.watch(whole.path)
        let life = await live(whole.file("ledger.db"))
        whole.remove()
        try #require(life.answered == 6, "without a fault nothing fails")
        let operations = disk.operations
        try #require(operations > 100)

        // All of them in a long run, some of them in any other.
        let moments = Self.isLong ? Array(0..<operations) : Array((0..<operations).shuffled(using: &random).prefix(60))
        for moment in moments {
            let directory = try TemporaryDirectory()
            defer { directory.remove() }
            disk.watch(directory.path, fault: .cut(before: moment))
            let life = await live(directory.file("ledger.db"))
            let remains = disk.remains(&random)
            let comment = Comment("cut before operation \(moment) of \(operations), seed \(random.seed)")
            try await expectSound(remains, after: life, comment)
        }
    }

    /// Each write and synchronization of a new ledger's creation, several times: what an unfinished one leaves varies.
    @Test func aCutWhileALedgerIsMadeLeavesNoneOrAWholeOne() async throws {
        try #require(FaultFileSystem.isInstalled)
        defer { disk.watch(nil) }
        var random = SeededRandom()
        var sawUnfinished = false
        try await cutEverywhere(rounds: Self.isLong ? 10 : 2, &random) { path in
            try await Ledger(path: path, options: .immediate).close()
        } check: { remains, comment in
            sawUnfinished = sawUnfinished || remains.keys.contains { $0.hasSuffix("ledger.db" + LedgerCreation.suffix) }
            try await expectSound(remains, after: Life(answered: 0, tried: 0), comment)
        }
        #expect(sawUnfinished, "no creation was cut short; the test is blind")
    }

    @Test func aCutWhileALedgerIsMigratedLosesNothing() async throws {
        try #require(FaultFileSystem.isInstalled)
        defer { disk.watch(nil) }
        var random = SeededRandom()
        var versions: Set<Int> = []
        try await cutEverywhere(rounds: Self.isLong ? 5 : 1, &random, before: makeFirstRelease) { path in
            try await Ledger(path: path, options: .immediate).close()
        } check: { remains, comment in
            let directory = try restart(with: remains)
            defer { directory.remove() }
            disk.watch(directory.path)
            let path = directory.file("ledger.db")
            versions.insert(try LedgerCheck(path: path).schemaVersion)
            let ledger = try Ledger(path: path, options: .immediate)
            #expect(try await ledger.dayTotal() == .sample(1000), comment)
            #expect(try await ledger.book(.sample(sequence: 1)).outcome == .applied, comment)
            await ledger.close()
            #expect(try LedgerCheck(path: path).findings == [], comment)
        }
        #expect(versions == Set(1...Schema.version), "cuts between all migrations")
    }

    /// A ledger as the first schema had it, with one series.
    private func makeFirstRelease(_ path: String) async throws {
        let queue = try DatabaseQueue(path: path)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL")
            try Schema.migrate(db, path: path, to: 1)
            let counters = FlowCounters.sample(1000)
            let values =
                "1, \(counters.egressBytes), \(counters.ingressBytes), "
                + "\(counters.egressPackets), \(counters.ingressPackets)"
            try db.execute(
                sql: """
                    INSERT INTO series VALUES
                    (1, 'c', 'n1', 'r1', 'z1', 'unit', 'shop', 'web', '', 'pod', 'internet', '', 'default');
                    INSERT INTO day VALUES (\(midnight), \(values));
                    INSERT INTO hour VALUES (\(midnight), \(values));
                    INSERT INTO minute VALUES (\(midnight), \(values));
                    INSERT INTO counters VALUES (\(values));
                    """
            )
        }
        try queue.close()
    }

    /// Counts the operations of `life`, then cuts before each of them, `rounds` times, and checks what is left.
    private func cutEverywhere(
        rounds: Int,
        _ random: inout SeededRandom,
        before prepare: (String) async throws -> Void = { _ in },
        life: (String) async throws -> Void,
        check: ([String: [UInt8]], Comment) async throws -> Void
    ) async throws {
        var operations = Int.max
        var moment = -1
        while moment < operations {
            for round in 0..<(moment < 0 ? 1 : rounds) {
                let directory = try TemporaryDirectory()
                defer { directory.remove() }
                let path = directory.file("ledger.db")
                disk.watch(nil)
                try await prepare(path)
                disk.watch(directory.path, fault: moment < 0 ? .none : .cut(before: moment))
                guard moment >= 0 else {
                    try await life(path)
                    operations = disk.operations
                    try #require(operations > 10)
                    continue
                }
                // It fails, or ends just before the cut.
                try? await life(path)
                let remains = disk.remains(&random)
                let text = "cut before operation \(moment) of \(operations), round \(round), seed \(random.seed)"
                try await check(remains, Comment(rawValue: text))
                disk.watch(nil)
            }
            moment += 1
        }
    }

    @Test(arguments: [
        (SQLITE_FULL, LedgerError.Code.diskFull), (SQLITE_READONLY, .readOnly), (FaultFileSystem.ioError, .storage),
    ])
    func aDiskThatRefusesAndThenTakesAgain(code: CInt, kind: LedgerError.Code) async throws {
        try #require(FaultFileSystem.isInstalled)
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        disk.watch(directory.path)
        defer { disk.watch(nil) }
        let path = directory.file("ledger.db")
        var options = LedgerOptions.immediate
        options.now = { midnight + 86_400 }
        let ledger = try Ledger(path: path, options: options)
        _ = try await ledger.book(.sample(sequence: 1))
        disk.set(.refusal(code))
        for _ in 0..<3 {
            let error = try await #require(throws: LedgerError.self) { try await ledger.book(.sample(sequence: 2)) }
            #expect(error.code == kind, "\(error)")
            #expect(error.isTransient)
            await #expect(throws: LedgerError.self) { try await ledger.upkeep() }
            #expect(try await ledger.dayTotal() == .sample(1000), "queries still answer")
        }
        disk.set(.none)
        #expect(try await ledger.book(.sample(sequence: 2)).outcome == .applied)
        while try await ledger.upkeep() != nil {}
        #expect(try await ledger.dayTotal() == .sample(1000) + .sample(1000))
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings == [])
    }
}
