// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing
import Traffic
import Zones

@testable import Ledger

@Suite("The ledger against a list of everything that was booked")
struct LedgerPropertyTests {
    @Test func anyLifeOfALedgerIsExact() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("ledger.db")
        let random = SeededRandom()
        let seed = Comment("seed \(random.seed)")
        var traffic = RandomTraffic(random)
        var model = LedgerModel()
        var options = LedgerOptions.patient()
        options.now = { midnight + 3 * 86_400 - 7000 }
        var ledger = try Ledger(path: path, options: options)
        var answered: [Booking] = []

        for _ in 0..<40 {
            // A group commit of some bookings, among them copies of each other and of what was booked long ago.
            let new = (0..<8).map { _ in traffic.booking() }
            let old = answered.filter { _ in traffic.chance(oneIn: 20) }
            let group = new + old + new.filter { _ in traffic.chance(oneIn: 3) }
            let receipts = try await Self.book(group, in: ledger)
            for (index, receipt) in receipts {
                if receipt.outcome == .applied { model.book(group[index]) }
                #expect(receipt.nextSequence > group[index].sequence, seed)
            }
            #expect(receipts.filter { $0.1.outcome == .applied }.count == new.count, seed)
            answered += new
            try await Self.expect(ledger, toAgreeWith: model, on: traffic.query(), seed)
            // Some of it is sealed and summed up meanwhile, so that later bookings come late.
            for _ in 0..<(traffic.chance(oneIn: 3) ? 1000 : 7) where try await ledger.upkeep() == nil { break }
            if traffic.chance(oneIn: 8) {
                await ledger.close()
                ledger = try Ledger(path: path, options: options)
            }
        }
        for _ in 0..<200 {
            try await Self.expect(ledger, toAgreeWith: model, on: traffic.query(), seed)
        }
        let counters = ledger.podCounters()
        let values = Dictionary(uniqueKeysWithValues: zip(counters.labels, counters.values))
        #expect(values == model.podCounters(), seed)
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings == [], seed)
    }

    @Test func whatIsPrunedIsStatedAndTheRestIsExact() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("ledger.db")
        let random = SeededRandom()
        let seed = Comment("seed \(random.seed)")
        var traffic = RandomTraffic(random)
        var model = LedgerModel()
        let clock = TestClock(midnight + 86_400)
        var options = LedgerOptions.immediate
        options.now = { clock.now }
        options.retention = LedgerOptions.Retention(minute: 30_000, hour: 60_000, day: 86_400)
        let ledger = try Ledger(path: path, options: options)
        for round in 0..<30 {
            // Late, or even for buckets that are pruned already: those bytes are booked, and gone.
            let booking = traffic.booking()
            model.book(booking)
            _ = try await ledger.book(booking)
            if round % 3 == 0 { clock.advance(by: 11_000) }
            while try await ledger.upkeep() != nil {}
            let horizon = ledger.horizon()
            #expect(horizon == options.retention.horizon(now: clock.now), seed)
            for _ in 0..<20 {
                let query = traffic.query()
                let found = try await ledger.facts(for: query)
                let pruned = query.parts.filter { $0.start < horizon[$0.resolution] }
                #expect(found.missing.isEmpty == pruned.isEmpty, "\(seed), \(query)")
                try await Self.expect(ledger, toAgreeWith: model, on: query, seed)
            }
        }
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings == [], seed)
    }

    /// Days of 23 hours, a month's end, and zones that are not whole hours from UTC, while some of it is pruned.
    @Test(arguments: [true, false])
    func calendarsAreExact(pruning: Bool) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("ledger.db")
        let random = SeededRandom()
        let seed = Comment("seed \(random.seed)")
        var traffic = RandomTraffic(random)
        // 2026-03-26: Europe's clocks change on the 29th.
        traffic.start = midnight + 12 * 86_400
        traffic.length = 9 * 86_400
        let now = traffic.start + traffic.length + 7200
        var options = LedgerOptions.immediate
        options.now = { now }
        let (minute, hour, day) = pruning ? (2, 5, 8) : (30, 90, 400)
        options.retention = .init(minute: Int64(minute) * 86_400, hour: Int64(hour) * 86_400, day: Int64(day) * 86_400)
        var model = LedgerModel()
        let ledger = try Ledger(path: path, options: options)
        for round in 0..<60 {
            let booking = traffic.booking()
            model.book(booking)
            _ = try await ledger.book(booking)
            if round % 10 == 0 { while try await ledger.upkeep() != nil {} }
        }
        while try await ledger.upkeep() != nil {}
        var answered = 0
        for _ in 0..<120 {
            var parameters = QueryParameters(traffic.calendarParameters())
            parameters.horizon = ledger.horizon()
            parameters.zones = Zone.named
            let query: UsageQuery
            do {
                query = try UsageQuery(parameters: parameters, now: now)
            } catch {
                // Local days of a time that only whole days of UTC are kept of.
                #expect(
                    pruning && error.parameter == "step" && error.detail.contains("--keep-hours"),
                    "\(error); \(seed)"
                )
                continue
            }
            answered += 1
            try await Self.expect(ledger, toAgreeWith: model, on: query, seed)
            // What the period before has is checked as a question of its own.
            if query.comparesPrevious { try await Self.expect(ledger, toAgreeWith: model, on: query.previous, seed) }
        }
        #expect(answered > 20, seed)
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings == [], seed)
    }

    /// Books `group` in one commit, in its order.
    private static func book(_ group: [Booking], in ledger: Ledger) async throws -> [(Int, Receipt)] {
        try await withThrowingTaskGroup(of: (Int, Receipt).self) { tasks in
            var rows = 0
            for (index, booking) in group.enumerated() {
                tasks.addTask { (index, try await ledger.book(booking)) }
                rows += max(1, booking.entries.count + booking.losses.count)
                await ledger.waits(for: rows)
            }
            await ledger.flush()
            return try await tasks.reduce(into: []) { $0.append($1) }
        }
    }

    private static func expect(
        _ ledger: Ledger,
        toAgreeWith model: LedgerModel,
        on query: UsageQuery,
        _ seed: Comment
    ) async throws {
        let found = try await ledger.facts(for: query)
        let cells = found.facts.map { LedgerModel.Cell(bucketStart: $0.bucketStart, group: $0.group) }
        #expect(Set(cells).count == cells.count, "a group is there twice; \(seed), \(query)")
        let facts = Dictionary(zip(cells, found.facts.map(\.counters))) { first, _ in first }
        #expect(facts == model.facts(for: query, without: found.missing), "\(seed), \(query)")
        var unattributed = query
        unattributed.filters[.ownerKind] = ["unattributed"]
        unattributed.groupBy = []
        unattributed.step = nil
        if query.filters[.ownerKind] == nil {
            let sum = model.facts(for: unattributed, without: found.missing).values.reduce(.zero) { $0 + $1 }
            #expect(found.unattributed == sum, "\(seed), \(query)")
        }
        let losses = Dictionary(uniqueKeysWithValues: found.losses.map { ($0.reason, $0.counters) })
        if found.missing.isEmpty { #expect(losses == model.losses(in: query), "\(seed), \(query)") }
        #expect(found.resolution == query.resolution, seed)
        try await expectRanked(ledger, query, seed)
    }

    /// What is ranked before it is read is what all facts, gathered and sorted, are, in one piece and in slices.
    private static func expectRanked(_ ledger: Ledger, _ query: UsageQuery, _ seed: Comment) async throws {
        let facts = try await ledger.facts(for: query.comparesPrevious ? [query, query.previous] : [query])
        let wanted = UsageAnswer(query, facts[0], previous: facts.count > 1 ? facts[1] : nil)
        let answer = try await ledger.answer(to: query)
        #expect(answer == wanted, "\(seed), \(query)")
        guard query.isStepped else { return }
        let stream = try await ledger.stream(query, rowsAtOnce: max(7, query.bucketCount))
        var csv: [UInt8] = []
        for (index, slice) in stream.slices.enumerated() {
            let rows = try await stream.answer(slice)
            for chunk in index == 0 ? rows.chunks(as: .csv) : rows.continuedCSVChunks { csv += chunk }
        }
        #expect(csv == wanted.csv(), "\(seed), \(query)")
    }
}
