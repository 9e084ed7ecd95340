// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import TestSupport
import Testing
import Traffic

@testable import Ledger

@Suite("Facts")
struct FactsTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    @Test func anEmptyLedgerHasNone() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let facts = try await ledger.facts(for: .day(groupBy: [.pod]))
        #expect(facts.facts.isEmpty)
        #expect(facts.losses.isEmpty)
        #expect(facts.resolution == .day)
        await ledger.close()
    }

    @Test func bucketsBeginAtTheStartOfTheQuery() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        for minute: Int64 in 0..<10 {
            _ = try await ledger.book(.sample(sequence: UInt64(minute + 1), at: midnight + 60 * minute, bytes: 1))
        }
        let query = UsageQuery(start: midnight + 60, end: midnight + 540, step: 180)
        let facts = try await ledger.facts(for: query)
        #expect(facts.resolution == .minute)
        #expect(facts.facts.map(\.bucketStart) == [midnight + 60, midnight + 240, midnight + 420])
        #expect(facts.facts.map(\.counters.egressBytes) == [3, 3, 2])
        await ledger.close()
    }

    @Test func aSumBeyond64BitsIsAnErrorAndNotANumber() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let most: UInt64 = (1 << 61) - 1
        for sequence: UInt64 in 1...6 {
            _ = try await ledger.book(.sample(sequence: sequence, pods: ["pod-\((sequence - 1) / 2)"], bytes: most))
        }
        #expect(try await ledger.facts(for: .day(groupBy: [.pod])).facts.count == 3)
        let error = try await #require(throws: LedgerError.self) { try await ledger.facts(for: .day()) }
        #expect(error.code == .outOfRange)
        await ledger.close()
    }

    /// Whatever is summed up while it is read is the same as what is read at once, and never more is in memory than was
    /// asked for.
    @Test func aSinkTakesFactsBucketByBucket() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        for hour: UInt64 in 0..<20 {
            let pods = ["a", "b", "c"].filter { _ in hour % 3 != 1 }
            _ = try await ledger.book(
                .sample(sequence: hour + 1, at: midnight + Int64(hour) * 3600, pods: pods, bytes: hour + 1)
            )
        }
        let queries = [UsageQuery.day(groupBy: [.pod], step: 3600), .day(), .day(groupBy: [.pod], step: 7 * 3600)]
        let wanted = try await ledger.facts(for: queries)
        for atOnce in [1, 6, 16_384] {
            let (sink, heads) = try await ledger.read(queries, into: Notebook(), factsAtOnce: atOnce)
            for question in queries.indices {
                #expect(Set(sink.facts[question] ?? []) == Set(wanted[question].facts))
                #expect(sink.facts[question]?.count == wanted[question].facts.count)
                #expect(heads[question].facts.isEmpty)
                #expect(heads[question].parts == wanted[question].parts)
                #expect(heads[question].unattributed == wanted[question].unattributed)
            }
            #expect(sink.most <= max(3, atOnce))
        }
        // What a sink refuses ends the reading, and is what the caller gets.
        await #expect(throws: AnswerTooLarge.self) {
            try await ledger.read(queries, into: Notebook(room: 5), factsAtOnce: 1)
        }
        await ledger.close()
    }

    private struct Notebook: FactSink {
        var room = 1000
        var facts: [Int: [UsageFacts.Fact]] = [:]
        var most = 0

        mutating func add(_ facts: [UsageFacts.Fact], of question: Int) throws {
            self.facts[question, default: []] += facts
            most = max(most, facts.count)
            guard self.facts[question, default: []].count <= room else { throw AnswerTooLarge() }
        }
    }

    @Test func fewSeriesAreLookedUpAndManyAreRead() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1, pods: (0..<100).map { "pod-\($0)" }, bytes: 10))
        func prefersLookups(_ pods: Set<String>) async throws -> Bool {
            var query = UsageQuery.day(groupBy: [.pod])
            query.filters = [.pod: pods]
            let facts = try await ledger.facts(for: query).facts
            #expect(Set(facts.map(\.group)) == Set(pods.map { [$0] }))
            #expect(facts.allSatisfy { $0.counters == .sample(10) })
            return try await ledger.store.pool.read { [query] db in
                let directory = try Store.directory(db)
                let selection = SeriesSelection(query, from: directory)
                let cost = try LookupCost(try #require(query.parts.first), db)
                return try cost.prefersLookups(of: selection.members)
            }
        }
        #expect(try await prefersLookups(["pod-7"]))
        #expect(try await prefersLookups(["pod-7", "pod-99"]))
        #expect(try await !prefersLookups(Set((0..<50).map { "pod-\($0)" })))
        await ledger.close()
    }

    @Test(arguments: [Set<String>(), ["pod-1"]])
    func aCancelledReadStops(pods: Set<String>) async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1, pods: (0..<10_000).map { "pod-\($0)" }))
        var query = UsageQuery.day(groupBy: [.pod])
        if !pods.isEmpty { query.filters = [.pod: pods] }
        let reader = Task { [query] in
            try await ledger.store.pool.read { db in
                let selection = SeriesSelection(query, from: try Store.directory(db))
                let scan = Scan(query, selection: selection, path: "", db)
                _ = try scan.sum(query.parts)
                withUnsafeCurrentTask { $0?.cancel() }
                return try scan.sum(query.parts).cells.count
            }
        }
        await #expect(throws: CancellationError.self) { try await reader.value }
        let whole = try await ledger.facts(for: .day(groupBy: [.pod])).facts
        #expect(whole.count == 10_000, "the connection is fit for the next query")
        await ledger.close()
    }
}
