// SPDX-License-Identifier: Apache-2.0
import GRDB
import Ledger
import Queries
import TestSupport
import Testing
import Traffic

/// Bytes that were booked before their pod was known go to the pod's series: all, once, in the same buckets.
@Suite struct ReattributionTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    /// A series that waits for the pod `uid`.
    private static func waiting(_ uid: String, scope: Scope = .internet) -> SeriesKey {
        .sample(namespace: "", pod: "pod-unknown", scope: scope).with(ownerKind: .unattributed, podUID: uid)
    }

    /// The series of the pod that `key` waits for.
    private static func found(_ key: SeriesKey, _: ClosedRange<Int64> = 0...0) -> SeriesKey {
        key.with(ownerKind: .pod, namespace: "shop", pod: "pod-of-\(key.podUID)", workload: "web")
    }

    private func booking(_ sequence: UInt64, at second: Int64, _ entries: [(SeriesKey, UInt64)]) -> Booking {
        var booking = Booking.sample(sequence: sequence, at: second, pods: [])
        booking.entries = entries.map { Booking.Entry(series: $0, counters: .sample($1)) }
        return booking
    }

    @Test func allBytesMoveInTheirBuckets() async throws {
        let ledger = try Ledger(path: path, options: .immediate)
        let first = Self.waiting("u1")
        _ = try await ledger.book(booking(1, at: midnight, [(first, 10), (Self.waiting("u2"), 1000)]))
        _ = try await ledger.book(
            booking(2, at: midnight + 7205, [(first, 20), (Self.waiting("u1", scope: .unknown), 3)])
        )
        // The pod's own series has bytes in one of the buckets already.
        _ = try await ledger.book(booking(3, at: midnight + 7206, [(Self.found(first), 400)]))
        let before = try await ledger.dayTotal()
        #expect(ledger.unattributedTotals().booked.egressBytes == 1033)
        #expect(ledger.unattributedTotals().waitingSeries == 3)

        let moved = try await ledger.reattribute { key, _ in key.podUID == "u1" ? Self.found(key) : nil }
        #expect(moved == .sample(10) + .sample(20) + .sample(3))
        #expect(try await ledger.dayTotal() == before)
        #expect(try await ledger.status().totals == before)
        for step in [60, 3600, nil] as [Int64?] {
            let facts = try await ledger.facts(for: .day(groupBy: [.pod, .podUID], step: step)).facts
            let sums = facts.map { "\($0.bucketStart - midnight) \($0.group[0]) \($0.counters.egressBytes)" }.sorted()
            #expect(
                sums
                    == (step == nil
                        ? ["0 pod-of-u1 433", "0 pod-unknown 1000"]
                        : ["0 pod-of-u1 10", "0 pod-unknown 1000", "7200 pod-of-u1 423"])
            )
        }
        #expect(ledger.unattributedTotals().moved == moved)
        #expect(ledger.unattributedTotals().left == .sample(1000))
        #expect(ledger.unattributedTotals().waitingSeries == 1)
        await ledger.close()
    }

    @Test func itHappensOnce() async throws {
        var ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(booking(1, at: midnight, [(Self.waiting("u1"), 10)]))
        #expect(try await ledger.reattribute(Self.found) == .sample(10))
        #expect(try await ledger.reattribute(Self.found).isZero)
        await ledger.close()
        ledger = try Ledger(path: path, options: .immediate)
        #expect(try await ledger.reattribute(Self.found).isZero)
        // Bytes that come after that move alone.
        _ = try await ledger.book(booking(2, at: midnight + 60, [(Self.waiting("u1"), 7)]))
        #expect(try await ledger.reattribute(Self.found) == .sample(7))
        #expect(try await ledger.dayTotal() == .sample(10) + .sample(7))
        await ledger.close()
    }

    /// What a program has read from the counters before, it reads after: never less, restart or not.
    @Test func noCounterGoesDown() async throws {
        var ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(booking(1, at: midnight, [(Self.waiting("u1"), 10), (.sample(), 5)]))
        #expect(ledger.podCounters().labels.map(\.podName) == ["web"])
        var unattributed = ledger.unattributedTotals()
        let rules = ledger.ruleTotals()
        try await ledger.reattribute(Self.found)
        for _ in 0..<2 {
            let counters = ledger.podCounters()
            let byPod = Dictionary(uniqueKeysWithValues: zip(counters.labels.map(\.podName), counters.values))
            #expect(byPod == ["web": .sample(5), "pod-of-u1": .sample(10)])
            #expect(ledger.unattributedTotals().booked == unattributed.booked)
            #expect(ledger.unattributedTotals().moved == .sample(10))
            #expect(ledger.unattributedTotals().left.isZero)
            #expect(ledger.ruleTotals() == rules)
            #expect(try await ledger.status().totals == .sample(10) + .sample(5))
            unattributed = ledger.unattributedTotals()
            await ledger.close()
            ledger = try Ledger(path: path, options: .immediate)
        }
        await ledger.close()
    }

    /// What waits for its peer only is counted for its pod when it is booked, and not again when it moves.
    @Test func aPodIsCountedOnceWhoeverItsPeerIs() async throws {
        var ledger = try Ledger(path: path, options: .immediate)
        let open = SeriesKey.sample(
            scope: .unknown,
            peer: SeriesKey.Peer(kind: .unknown, workload: "10.0.0.7", resolution: .none)
        )
        let judged = SeriesKey.sample(
            scope: .sameZone,
            peer: SeriesKey.Peer(kind: .pod, workload: "db", resolution: .address)
        )
        #expect(open.awaitsItsPeer && !open.awaitsItsPod && !judged.awaitsItsPeer)
        _ = try await ledger.book(booking(1, at: midnight, [(open, 10), (judged, 5)]))
        _ = try await ledger.book(booking(2, at: midnight + 7200, [(open, 200)]))
        #expect(ledger.unjudgedTotals().left == .sample(10) + .sample(200))
        #expect(ledger.unattributedTotals().booked.isZero)
        let counters = ledger.podCounters()
        #expect(
            try await ledger.reattribute { key, _ in key.awaitsItsPeer ? judged : nil } == .sample(10) + .sample(200)
        )
        for _ in 0..<2 {
            #expect(Self.text(ledger.podCounters()) == Self.text(counters))
            #expect(ledger.unjudgedTotals().booked == .sample(10) + .sample(200))
            #expect(ledger.unjudgedTotals().left.isZero)
            #expect(ledger.unjudgedTotals().waitingSeries == 0)
            #expect(try await ledger.status().totals == .sample(10) + .sample(200) + .sample(5))
            await ledger.close()
            ledger = try Ledger(path: path, options: .immediate)
        }
        let facts = try await ledger.facts(for: .day(groupBy: [.scope], step: 3600)).facts
        #expect(
            facts.map { "\($0.bucketStart - midnight) \($0.group[0]) \($0.counters.egressBytes)" }.sorted()
                == ["0 same_zone 15", "7200 same_zone 200"]
        )
        await ledger.close()
        #expect(try LedgerCheck(path: path).findings.isEmpty)
    }

    private static func text(_ counters: PodCounters) -> [String] {
        zip(counters.labels, counters.values).map { "\($0) \($1)" }.sorted()
    }

    /// A move that cannot be written leaves everything as it was, in the file and in memory.
    @Test func aMoveThatFailsMovesNothing() async throws {
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(booking(1, at: midnight, [(Self.waiting("u1"), 10), (Self.waiting("u2"), 20)]))
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: """
                    CREATE TRIGGER stop BEFORE INSERT ON reattributed WHEN NEW.egress_bytes = 20
                    BEGIN SELECT RAISE(ABORT, 'stop'); END
                    """
            )
        }
        await #expect(throws: LedgerError.self) { try await ledger.reattribute(Self.found) }
        #expect(ledger.unattributedTotals().moved.isZero)
        #expect(ledger.podCounters().labels.isEmpty)
        let pods = try await ledger.facts(for: .day(groupBy: [.pod])).facts.map(\.group)
        #expect(pods == [["pod-unknown"]])
        try await queue.write { try $0.execute(sql: "DROP TRIGGER stop") }
        try queue.close()
        #expect(try await ledger.reattribute(Self.found) == .sample(10) + .sample(20))
        #expect(try await ledger.dayTotal() == .sample(10) + .sample(20))
        await ledger.close()
    }

    /// Random bookings, random answers to who a pod is, restarts in between; a model is told the same.
    @Test func theSumsAreThoseOfAModel() async throws {
        var random = SeededRandom()
        var ledger = try Ledger(path: path, options: .immediate)
        var model: [(second: Int64, key: SeriesKey, counters: FlowCounters)] = []
        var known: Set<String> = []
        var sequence: UInt64 = 0
        for _ in 0..<60 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<6:
                sequence += 1
                let second = midnight + Int64.random(in: 0..<86_000, using: &random)
                let entries = (0..<Int.random(in: 1...9, using: &random))
                    .map { _ in
                        let key = Self.waiting(
                            "u\(Int.random(in: 0..<8, using: &random))",
                            scope: Scope.allCases.randomElement(using: &random) ?? .unknown
                        )
                        let isKnown = known.contains(key.podUID) && Bool.random(using: &random)
                        return (isKnown ? Self.found(key) : key, UInt64.random(in: 1..<1 << 40, using: &random))
                    }
                _ = try await ledger.book(booking(sequence, at: second, entries))
                model += entries.map { (second - second % 60, $0.0, .sample($0.1)) }
            case 6..<9:
                known.insert("u\(Int.random(in: 0..<8, using: &random))")
                let pods = known
                let moved = try await ledger.reattribute { key, _ in
                    pods.contains(key.podUID) ? Self.found(key) : nil
                }
                var sum = FlowCounters.zero
                for index in model.indices where model[index].key.awaitsItsPod && pods.contains(model[index].key.podUID)
                {
                    sum += model[index].counters
                    model[index].key = Self.found(model[index].key)
                }
                #expect(moved == sum, "seed \(random.seed)")
            default:
                await ledger.close()
                ledger = try Ledger(path: path, options: .immediate)
            }
            let left = model.filter { $0.key.awaitsItsPod }.reduce(.zero) { $0 + $1.counters }
            #expect(ledger.unattributedTotals().left == left, "seed \(random.seed)")
        }
        for (step, width) in [(60, 60), (3600, 3600), (nil, 86_400)] as [(Int64?, Int64)] {
            let facts = try await ledger.facts(for: .day(groupBy: [.pod, .podUID, .scope], step: step)).facts
            var expected: [String: FlowCounters] = [:]
            for row in model {
                let bucket = row.second - row.second % width
                let name = "\(bucket) \(row.key.pod) \(row.key.podUID) \(row.key.trafficClass.scope.rawValue)"
                expected[name, default: .zero] += row.counters
            }
            let sums = Dictionary(
                uniqueKeysWithValues: facts.map {
                    ("\($0.bucketStart) \($0.group.joined(separator: " "))", $0.counters)
                }
            )
            #expect(sums == expected, "seed \(random.seed)")
        }
        await ledger.close()
    }
}
