// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Queries
import TestSupport
import Testing
import Traffic

@testable import Ledger

@Suite("Durability")
struct DurabilityTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    @Test func anAnsweredBookingIsInTheFilesAsTheyStand() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        for sequence: UInt64 in 1...5 {
            _ = try await ledger.book(.sample(sequence: sequence))
            let copy = directory.file("copy-\(sequence).db")
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
            }
            let opened = try Ledger(path: copy, options: .immediate)
            #expect(try await opened.dayTotal().egressBytes == 1000 * sequence)
            #expect(try await opened.book(.sample(sequence: sequence)).outcome == .duplicate)
            await opened.close()
        }
        await ledger.close()
    }

    @Test func aCommitIsFlushedToTheDiskBeforeItsAnswer() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let mode = try await ledger.store.pool.writeWithoutTransaction { db in
            try String.fetchOne(db, sql: "PRAGMA journal_mode")
        }
        let synchronous = try await ledger.store.pool.writeWithoutTransaction { db in
            try Int.fetchOne(db, sql: "PRAGMA synchronous")
        }
        #expect(mode == "wal")
        #expect(synchronous == 2, "FULL")
        await ledger.close()
    }

    @Test func whatWasAnsweredOutlivesAKill() async throws {
        defer { directory.remove() }
        let path = path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let ledger = try Ledger(path: path, options: .immediate)
            for sequence: UInt64 in 1...30 { _ = try await ledger.book(.sample(sequence: sequence)) }
            // More bookings are under way, answered or not, when the process dies.
            await withTaskGroup(of: Void.self) { group in
                for node in 2...40 {
                    group.addTask {
                        _ = try? await ledger.book(.sample(source: .sample(node: "n\(node)"), sequence: 1))
                        if node == 20 { kill(getpid(), SIGKILL) }
                    }
                }
            }
        }
        let ledger = try Ledger(path: path, options: .immediate)
        let status = try await ledger.status()
        let first = try #require(status.nodes.first { $0.source.node == "n1" })
        #expect(first.sequence == 30)
        #expect(status.nodes.contains { $0.source.node == "n20" })
        // Bytes and watermarks are in step: each booked batch is there once, and no other.
        #expect(try await ledger.dayTotal().egressBytes == 1000 * (30 + UInt64(status.nodes.count) - 1))
        #expect(status.totals == (try await ledger.dayTotal()))
        for sequence: UInt64 in 1...30 {
            #expect(try await ledger.book(.sample(sequence: sequence)).outcome == .duplicate)
        }
        #expect(try await ledger.book(.sample(sequence: 31)) == Receipt(outcome: .applied, nextSequence: 32))
        await ledger.close()
    }

    @Test func countersComeBackWhenTheLedgerIsOpenedAgain() async throws {
        defer { directory.remove() }
        let loss = Loss(reason: "map_full", counters: .sample(5))
        let first = try Ledger(path: path, options: .immediate)
        _ = try await first.book(.sample(sequence: 1, pods: ["a", "b"], losses: [loss]))
        let status = try await first.status()
        await first.close()
        let second = try Ledger(path: path, options: .immediate)
        #expect(try await second.status().totals == status.totals)
        #expect(try await second.status().losses == status.losses)
        #expect(try await second.status().nodes == status.nodes)
        #expect(second.podCounters().labels == first.podCounters().labels)
        #expect(second.podCounters().values == first.podCounters().values)
        _ = try await second.book(.sample(sequence: 2, pods: ["b"], losses: [loss]))
        #expect(second.podCounters().values == [.sample(1000), .sample(1000) + .sample(1000)])
        #expect(try await second.status().losses.map(\.loss.counters) == [.sample(5) + .sample(5)])
        await second.close()
    }

    @Test func closingFoldsTheLogIntoTheFile() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1))
        _ = try await ledger.facts(for: .day())
        await ledger.close()
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(names == ["ledger.db", "ledger.db-lock"])
    }

    @Test func aSecondProcessCannotOpenTheLedger() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        #expect(try await code { _ = try Ledger(path: path) } == .locked)
        #expect(try await ledger.book(.sample(sequence: 1)).outcome == .applied)
        await ledger.close()
    }
}
