// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import TestSupport
import Testing
import Traffic

@testable import Ledger

@Suite("Upkeep")
struct UpkeepTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    private func count(_ table: String, _ ledger: Ledger) async throws -> Int {
        try await ledger.store.pool.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0 }
    }

    @Test func closedBucketsAreSealedAndLateBytesFoldedIn() async throws {
        defer { directory.remove() }
        let clock = TestClock(midnight + 60 + 299)
        var options = LedgerOptions.immediate
        options.now = { clock.now }
        let ledger = try Ledger(path: path, options: options)
        let pods = (0..<3000).map { "pod-\($0)" }
        _ = try await ledger.book(.sample(sequence: 1, pods: pods))
        #expect(try await ledger.upkeep() == .pruned(options.retention.horizon(now: clock.now)))
        #expect(try await ledger.upkeep() == nil, "the minute may still get late bytes")
        clock.advance(by: 1)
        #expect(try await ledger.upkeep() == .sealed(.minute, bucketStart: midnight, rows: 3000))
        #expect(try await count("minute", ledger) == 0)
        #expect(try await count("minute_sealed", ledger) == 3)
        #expect(try await ledger.dayTotal() == .sample(1000).times(3000))

        // A pod that is in the middle of a segment, one that is new, and both again.
        for sequence: UInt64 in 2...3 {
            _ = try await ledger.book(.sample(sequence: sequence, pods: ["pod-1500", "new"]))
            #expect(try await count("minute", ledger) == 2)
            #expect(try await ledger.dayTotal().egressBytes == 1000 * (3000 + 2 * (sequence - 1)))
            #expect(try await ledger.upkeep() == .sealed(.minute, bucketStart: midnight, rows: 2))
            #expect(try await count("minute", ledger) == 0)
            #expect(try await ledger.dayTotal().egressBytes == 1000 * (3000 + 2 * (sequence - 1)))
        }
        let pod = try await ledger.facts(for: .day(step: 60).only(.pod, ["pod-1500", "new"]))
        #expect(pod.facts.map(\.counters.egressBytes) == [5000])
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings == [])
    }

    @Test func aDayIsSummedUpAndAgainAfterItWasBookedTo() async throws {
        defer { directory.remove() }
        var options = LedgerOptions.immediate
        options.now = { midnight + 2 * 86_400 }
        let ledger = try Ledger(path: path, options: options)
        _ = try await ledger.book(.sample(sequence: 1, pods: (0..<100).map { "pod-\($0)" }))
        while try await ledger.upkeep() != nil {}
        let query = UsageQuery.day(groupBy: [.namespace])
        #expect(try await ledger.facts(for: query).facts.map(\.counters) == [.sample(1000).times(100)])
        // What a rollup says is what is answered: nobody reads the rows then.
        try await ledger.store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "UPDATE day SET egress_bytes = 1")
        }
        #expect(try await ledger.facts(for: query).facts.map(\.counters) == [.sample(1000).times(100)])
        try await ledger.store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "UPDATE day SET egress_bytes = 1000")
        }
        _ = try await ledger.book(.sample(sequence: 2, pods: ["pod-7"]))
        #expect(try await count("day_rollup", ledger) == 0)
        #expect(try await ledger.facts(for: query).facts.map(\.counters) == [.sample(1000).times(101)])
        while try await ledger.upkeep() != nil {}
        #expect(try await count("day_rollup", ledger) == 1)
        #expect(try await ledger.facts(for: query).facts.map(\.counters) == [.sample(1000).times(101)])
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings == [])
    }

    @Test func prunedSpaceIsGivenBack() async throws {
        defer { directory.remove() }
        let clock = TestClock(midnight)
        var options = LedgerOptions.immediate
        options.now = { clock.now }
        options.freePages = 10
        let ledger = try Ledger(path: path, options: options)
        let pods = (0..<5000).map { "pod-\($0)" }
        for minute: Int64 in 0..<20 {
            _ = try await ledger.book(.sample(sequence: UInt64(minute + 1), at: midnight + 60 * minute, pods: pods))
        }
        try await ledger.store.pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        let full = try await ledger.status().fileBytes
        clock.advance(by: 3 * 86_400)
        var steps: [UpkeepStep] = []
        while let step = try await ledger.upkeep() { steps.append(step) }
        #expect(steps.contains { if case .deleted(.minute, _) = $0 { true } else { false } })
        #expect(steps.contains { if case .freed = $0 { true } else { false } })
        try await ledger.store.pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        let lean = try await ledger.status().fileBytes
        #expect(lean * 2 < full, "\(lean) of \(full)")
        let facts = try await ledger.facts(for: .day(step: 60))
        #expect(facts.facts.isEmpty)
        #expect(facts.missing == [UsageFacts.Span(start: midnight, end: midnight + 86_400)])
        #expect(try await ledger.facts(for: .day()).facts.map(\.counters.egressBytes) == [20 * 5_000_000])
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings == [])
        let again = try Ledger(path: path, options: options)
        #expect(again.horizon() == options.retention.horizon(now: clock.now))
        await again.close()
    }

    /// A pod's name came after its buckets were sealed: its bytes move all the same, and the rollup of the day follows.
    @Test(arguments: [false, true])
    func bytesAreReattributedInSealedBucketsToo(isSealed: Bool) async throws {
        defer { directory.remove() }
        var options = LedgerOptions.immediate
        options.now = { midnight + 2 * 86_400 - 100 }
        let ledger = try Ledger(path: path, options: options)
        let pods = (0..<2000).map { "pod-\($0)" }
        let waiting = SeriesKey.waiting
        let found = SeriesKey.sample(pod: "pod-1500")
        for (sequence, time) in [(1, midnight), (2, midnight + 60), (3, midnight + 7200)] as [(UInt64, Int64)] {
            var booking = Booking.sample(sequence: sequence, at: time, pods: pods)
            booking.entries.insert(Booking.Entry(series: waiting, counters: .sample(7 * sequence)), at: 1000)
            _ = try await ledger.book(booking)
        }
        let before = try await ledger.dayTotal()
        if isSealed { while try await ledger.upkeep() != nil {} }
        for _ in 0..<2 {
            let moved = try await ledger.reattribute { key, _ in key == waiting ? found : nil }
            for step: Int64? in [60, 3600, nil] {
                let facts = try await ledger.facts(
                    for: .day(groupBy: [.pod], step: step).only(.pod, ["pod-1500", "unknown"])
                )
                let sums = facts.facts.map { "\($0.bucketStart - midnight) \($0.group[0]) \($0.counters.egressBytes)" }
                let expected =
                    switch step {
                    case 60: ["0 pod-1500 1007", "60 pod-1500 1014", "7200 pod-1500 1021"]
                    case 3600: ["0 pod-1500 2021", "7200 pod-1500 1021"]
                    default: ["0 pod-1500 3042"]
                    }
                #expect(sums.sorted() == expected)
            }
            #expect(try await ledger.dayTotal() == before)
            while try await ledger.upkeep() != nil {}
            #expect(moved.egressBytes == 42 || moved.isZero)
        }
        #expect(ledger.unattributedTotals().moved.egressBytes == 42)
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings == [])
        let again = try Ledger(path: path, options: options)
        #expect(try await again.dayTotal() == before)
        #expect(try await again.status().totals == before)
        await again.close()
    }

    @Test func aDamagedSegmentIsReportedAndNothingElse() async throws {
        defer { directory.remove() }
        var options = LedgerOptions.immediate
        options.now = { midnight + 86_399 }
        let ledger = try Ledger(path: path, options: options)
        _ = try await ledger.book(.sample(sequence: 1, pods: ["a", "b", "c"]))
        while try await ledger.upkeep() != nil {}
        try await ledger.store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "UPDATE minute_sealed SET columns = zeroblob(length(columns))")
        }
        #expect(try await code { _ = try await ledger.facts(for: .day(step: 60)) } == .damaged)
        #expect(try await code { _ = try await ledger.facts(for: .day(step: 60).only(.pod, ["a"])) } == .damaged)
        #expect(try await ledger.facts(for: .day()).facts.count == 1)
        await ledger.close()
        let findings = try LedgerCheck(path: path).findings
        #expect(findings.contains { $0.contains("fails its checksum") }, "\(findings)")
    }
}

extension UsageQuery {
    /// The query, counting only these values.
    func only(_ dimension: Dimension, _ values: Set<String>) -> UsageQuery {
        var query = self
        query.filters[dimension] = values
        return query
    }
}

extension FlowCounters {
    func times(_ count: UInt64) -> FlowCounters {
        FlowCounters(
            egressBytes: egressBytes * count,
            ingressBytes: ingressBytes * count,
            egressPackets: egressPackets * count,
            ingressPackets: ingressPackets * count
        )
    }
}

extension SeriesKey {
    /// A series that waits for its pod.
    fileprivate static var waiting: SeriesKey {
        .sample(namespace: "", pod: "unknown").with(ownerKind: .unattributed, podUID: "u1")
    }
}
