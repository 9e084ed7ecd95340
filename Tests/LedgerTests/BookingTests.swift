// SPDX-License-Identifier: Apache-2.0
import Ledger
import Queries
import TestSupport
import Testing
import Traffic

@Suite("Booking once and only once")
struct BookingTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    @Test func aBatchIsBookedAndTheNextSequenceAskedFor() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let receipt = try await ledger.book(.sample(sequence: 1, pods: ["web", "db"], bytes: 100))
        #expect(receipt == Receipt(outcome: .applied, nextSequence: 2))
        #expect(try await ledger.dayTotal() == .sample(100) + .sample(100))
        await ledger.close()
    }

    @Test func aSeriesThatAppearsTwiceInABatchCountsTwice() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1, pods: ["web", "web"], bytes: 7))
        #expect(try await ledger.dayTotal() == .sample(7) + .sample(7))
        #expect(try await ledger.status().series == 1)
        await ledger.close()
    }

    @Test func aDuplicateChangesNothing() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let loss = Loss(reason: "map_full", counters: .sample(3))
        for sequence in 1...3 {
            _ = try await ledger.book(.sample(sequence: UInt64(sequence), losses: [loss]))
        }
        let before = try await ledger.status()
        // The content of a duplicate does not matter: new pods in it are not even remembered.
        for sequence in 1...3 {
            let again = Booking.sample(sequence: UInt64(sequence), pods: ["other"], bytes: 9, losses: [loss])
            #expect(try await ledger.book(again) == Receipt(outcome: .duplicate, nextSequence: 4))
        }
        let after = try await ledger.status()
        #expect(after.totals == before.totals)
        #expect(after.losses == before.losses)
        #expect(after.series == before.series)
        #expect(after.nodes.map(\.sequence) == [3])
        #expect(after.nodes.map(\.batches) == [3])
        #expect(after.nodes.map(\.duplicates) == [3])
        #expect(try await ledger.dayTotal() == .sample(1000) + .sample(1000) + .sample(1000))
        #expect(
            try await ledger.facts(for: .day()).losses == [
                Loss(reason: "map_full", counters: .sample(3) + .sample(3) + .sample(3))
            ]
        )
        await ledger.close()
    }

    @Test func duplicatesInOneGroupCommitAreCaught() async throws {
        defer { directory.remove() }
        let copies = 16
        let ledger = try Ledger(path: path, options: .patient(commitRows: copies))
        let outcomes = try await withThrowingTaskGroup(of: Receipt.self) { group in
            for _ in 0..<copies {
                group.addTask { try await ledger.book(.sample(sequence: 1)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ledger.activity().commits == 1)
        #expect(outcomes.filter { $0.outcome == .applied }.count == 1)
        #expect(outcomes.allSatisfy { $0.nextSequence == 2 })
        #expect(try await ledger.dayTotal() == .sample(1000))
        await ledger.close()
    }

    @Test func anotherBootOfTheNodeStartsOver() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        for boot: UInt128 in [1, .max] {
            let receipt = try await ledger.book(.sample(source: .sample(boot: boot), sequence: 1))
            #expect(receipt.outcome == .applied)
        }
        #expect(try await ledger.book(.sample(source: .sample(boot: 1), sequence: 1)).outcome == .duplicate)
        #expect(try await ledger.dayTotal() == .sample(1000) + .sample(1000))
        #expect(try await ledger.status().nodes.map(\.source.bootID) == [1, .max])
        await ledger.close()
    }

    @Test func nodesAndClustersDoNotShareASequence() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let sources: [BatchSource] = [
            .sample(cluster: "c", node: "n1"), .sample(cluster: "c", node: "n2"), .sample(cluster: "d", node: "n1"),
        ]
        for source in sources {
            #expect(try await ledger.book(.sample(source: source, sequence: 1)).outcome == .applied)
        }
        #expect(try await ledger.status().nodes.map(\.source) == sources)
        await ledger.close()
    }

    @Test func passedOverSequencesAreCounted() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        for sequence: UInt64 in [3, 4, 10] { _ = try await ledger.book(.sample(sequence: sequence)) }
        let node = try #require(try await ledger.status().nodes.first)
        #expect(node.missing == 2 + 5)
        #expect(node.batches == 3)
        #expect(node.records == 3)
        #expect(node.lastIntervalEnd == (midnight + 5) * 1_000_000_000)
        #expect(node.firstSeen == midnight)
        await ledger.close()
    }

    @Test func aBatchIsBookedInTheMinuteItsIntervalBegan() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1, at: midnight + 3659))
        let facts = try await ledger.facts(for: .day(step: 60)).facts
        #expect(facts.map(\.bucketStart) == [midnight + 3600])
        await ledger.close()
    }

    @Test(arguments: [
        Booking.sample(sequence: 0),
        Booking.sample(sequence: .max),
        Booking.sample(sequence: UInt64(Int64.max)),
        Booking.sample(sequence: 1, at: -5),
        Booking.sample(sequence: 1, pods: ["new", "newer"], bytes: 1 << 62),
        Booking.sample(sequence: 1, pods: ["a", "b", "c", "d"], bytes: 1 << 60),
        Booking.sample(sequence: 1, losses: [Loss(reason: "x", counters: .sample(1 << 62))]),
    ])
    func whatCannotBeHeldIsRefusedAlone(booking: Booking) async throws {
        defer { directory.remove() }
        let ledger = try Ledger(
            path: path,
            options: .patient(commitRows: booking.entries.count + booking.losses.count + 1)
        )
        async let good = ledger.book(.sample(source: .sample(node: "n2"), sequence: 1))
        #expect(try await code { _ = try await ledger.book(booking) } == .outOfRange)
        #expect(try await good.outcome == .applied)
        let status = try await ledger.status()
        #expect(status.series == 1)
        #expect(status.totals == .sample(1000))
        #expect(status.nodes.map(\.source.node) == ["n2"])
        #expect(ledger.podCounters().values == [.sample(1000)])
        await ledger.close()
    }

    @Test func aSeriesThatIsFullRefusesMore() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let most: UInt64 = (1 << 61) - 1
        for sequence: UInt64 in 1...2 { _ = try await ledger.book(.sample(sequence: sequence, bytes: most)) }
        #expect(try await code { _ = try await ledger.book(.sample(sequence: 3, bytes: 1)) } == .outOfRange)
        #expect(try await ledger.book(.sample(sequence: 3, pods: ["other"])).outcome == .applied)
        await ledger.close()
        let again = try Ledger(path: path, options: .immediate)
        #expect(try await again.status().totals.egressBytes == 2 * most + 1000)
        await again.close()
    }
}
