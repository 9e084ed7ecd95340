// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import TestSupport
import Testing
import Traffic

@testable import Ledger

@Suite("Answers that are ranked before they are read")
struct RankedQueryTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    @Test func moreRowsThanMayBeGatheredAreAnErrorThatSaysWhatToDo() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1, pods: ["a", "b", "c"]))
        _ = try await ledger.book(.sample(sequence: 2, at: midnight + 3600, pods: ["a", "b", "c"]))
        let query = UsageQuery.day(groupBy: [.pod], step: 3600)
        func rows(atMost most: Int) async throws -> Int {
            try await ledger.store.pool.read { db in
                try RankedQuery(query, from: Store.directory(db), now: midnight, path: "", db)
                    .answer(0..<24, mostRows: most, db).rows.count
            }
        }
        #expect(try await rows(atMost: 6) == 6)
        let error = try await #require(throws: LedgerError.self) { try await rows(atMost: 5) }
        #expect(error.code == .tooLarge)
        for advice in ["limit", "group_by", "a larger step", "a shorter range", "format=csv"] {
            #expect(error.description.contains(advice), "\(error)")
        }
        await ledger.close()
    }

    @Test func aTotalBeyond64BitsIsAnErrorAndNotANumber() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let most: UInt64 = (1 << 61) - 1
        for sequence: UInt64 in 1...6 {
            _ = try await ledger.book(.sample(sequence: sequence, pods: ["pod-\((sequence - 1) / 2)"], bytes: most))
        }
        for query in [UsageQuery.day(groupBy: [.pod]), .day(groupBy: [.pod], step: 3600)] {
            #expect(try await code { _ = try await ledger.answer(to: query) } == .outOfRange)
        }
        await ledger.close()
    }

    /// What is booked while an answer is fetched is not in it, not even in buckets that come later.
    @Test func aStreamIsOneSnapshot() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1, at: midnight + 7200, pods: ["a", "b"]))
        let query = UsageQuery.day(groupBy: [.pod], step: 3600)
        let stream = try await ledger.stream(query, rowsAtOnce: 1)
        #expect(stream.slices.count == 24)
        _ = try await ledger.book(.sample(sequence: 2, at: midnight + 7200, pods: ["a", "new"]))
        var rows: [UsageFacts.Fact] = []
        for slice in stream.slices { rows += try await stream.answer(slice).rows }
        #expect(rows.map(\.group) == [["a"], ["b"]])
        #expect(rows.allSatisfy { $0.counters == .sample(1000) })
        #expect(try await ledger.answer(to: query).rows.count == 3)
        await ledger.close()
    }
}
