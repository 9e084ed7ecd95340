// SPDX-License-Identifier: Apache-2.0
import Ledger
import TestSupport
import Testing
import Traffic

/// What a source counted is booked, or lost by reason, to the byte, whatever came and in whatever order.
@Suite("Conservation")
struct ConservationTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    /// Batches of one source with `bytes` out each, and what they say of all before them.
    private static func batches(_ bytes: [UInt64], source: BatchSource = .sample()) -> [Booking] {
        var running = FlowCounters.zero
        return bytes.enumerated()
            .map { index, bytes in
                var booking = Booking.sample(source: source, sequence: UInt64(index + 1), bytes: bytes)
                running += .sample(bytes)
                booking.running = running
                booking.after = UInt64(index)
                return booking
            }
    }

    private static func expectBalance(_ ledger: Ledger, _ comment: Comment? = nil) async throws {
        for account in try await ledger.status().accounts {
            #expect(account.accepted == account.booked + account.lost, comment)
        }
    }

    @Test func whatOvertakesIsAskedToWait() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        let batches = Self.batches([1, 20, 300])
        #expect(try await ledger.book(batches[2]) == Receipt(outcome: .gap, nextSequence: 1))
        #expect(try await ledger.book(batches[0]) == Receipt(outcome: .applied, nextSequence: 2))
        #expect(try await ledger.book(batches[2]) == Receipt(outcome: .gap, nextSequence: 2))
        let answers = try await ledger.book([batches[1], batches[2]]).map { try $0.get() }
        #expect(answers.map(\.outcome) == [.applied, .applied] && answers[1].nextSequence == 4)
        #expect(
            try await ledger.dayTotal()
                == FlowCounters(egressBytes: 321, ingressBytes: 642, egressPackets: 3, ingressPackets: 3)
        )
        #expect(try await ledger.status().losses.isEmpty)
        try await Self.expectBalance(ledger)
        await ledger.close()
    }

    /// A gap that the sender cannot fill, after a batch that is known and in a node that is known.
    @Test(arguments: [false, true])
    func whatNobodyHasIsLostByTheReasonsThatFit(reopened: Bool) async throws {
        defer { directory.remove() }
        var ledger = try Ledger(path: path, options: .immediate)
        var batches = Self.batches([1, 20, 300, 4000, 50_000])
        #expect(try await ledger.book(batches[0]).outcome == .applied)
        if reopened {
            await ledger.close()
            ledger = try Ledger(path: path, options: .immediate)
        }
        batches[4].after = 1
        batches[4].skipped = [
            Loss(reason: "spool_expired", counters: .sample(300)),
            // More than is missing: not believed.
            Loss(reason: "spool_corrupt", counters: .sample(1 << 40)),
        ]
        #expect(try await ledger.book(batches[4]) == Receipt(outcome: .applied, nextSequence: 6))
        let status = try await ledger.status()
        #expect(
            status.losses.map(\.loss) == [
                Loss(
                    reason: "not_received",
                    counters: FlowCounters(egressBytes: 4020, ingressBytes: 8040, egressPackets: 2, ingressPackets: 2)
                ),
                Loss(reason: "spool_expired", counters: .sample(300)),
            ]
        )
        #expect(status.nodes[0].missing == 3 && status.nodes[0].running?.egressBytes == 54_321)
        #expect(status.accounts[0].accepted.egressBytes == 54_321)
        try await Self.expectBalance(ledger)
        await ledger.close()
    }

    /// Before it heard of a node a ledger answers for nothing; of a node that it knows, for everything.
    @Test func aNewLedgerBeginsWithWhatItGets() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        var old = Self.batches([1, 20, 300])
        old[2].after = 0
        #expect(try await ledger.book(old[2]).outcome == .applied)
        #expect(try await ledger.status().losses.isEmpty)
        var next = Self.batches([7, 80], source: .sample(boot: 2))
        next[1].after = 0
        #expect(try await ledger.book(next[1]).outcome == .applied)
        #expect(try await ledger.status().losses.map(\.loss.counters) == [.sample(7)])
        try await Self.expectBalance(ledger)
        await ledger.close()
    }

    @Test func whoDoesNotCountIsTakenAtItsWord() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        for sequence in [1, 5, 6] as [UInt64] { _ = try await ledger.book(.sample(sequence: sequence)) }
        #expect(try await ledger.status().losses.isEmpty)
        try await Self.expectBalance(ledger)
        await ledger.close()
    }

    /// Deliveries at random: repeated, overtaken, cut; the file copied and put back; some batches gone for good.
    @Test(arguments: 0..<8)
    func whateverComesTheBooksBalance(round: Int) async throws {
        defer { directory.remove() }
        let seed = SeededRandom().seed
        var random = SeededRandom(seed: seed &+ UInt64(round))
        let comment: Comment = "seed \(seed), round \(round)"
        let batches = Self.batches((0..<40).map { _ in .random(in: 0...1 << 40, using: &random) })
        // What the sender has no more; the first one makes the node known.
        let gone = Set((0..<4).map { _ in Int.random(in: 1..<39, using: &random) })
        var ledger = try Ledger(path: path, options: .immediate)
        var cursor = 0
        while cursor < batches.count {
            let count = Int.random(in: 1...6, using: &random)
            // Now and then something from before, or from after, as a network may hold it back or a ledger forget it.
            let first = Int.random(in: 0..<6, using: &random) == 0 ? Int.random(in: 0..<40, using: &random) : cursor
            var shipment: [Booking] = []
            var after = UInt64((0..<first).last { !gone.contains($0) }.map { $0 + 1 } ?? 0)
            for index in first..<min(first + count, batches.count) where !gone.contains(index) {
                var booking = batches[index]
                booking.after = after
                after = booking.sequence
                shipment.append(booking)
            }
            guard !shipment.isEmpty else {
                cursor += first == cursor ? 1 : 0
                continue
            }
            let answers = try await ledger.book(shipment).map { try $0.get() }
            if first == cursor {
                let next = Int(answers[answers.count - 1].nextSequence) - 1
                cursor = (next..<batches.count).first { !gone.contains($0) } ?? batches.count
            }
            if Int.random(in: 0..<10, using: &random) == 0 {
                await ledger.close()
                ledger = try Ledger(path: path, options: .immediate)
            }
            try await Self.expectBalance(ledger, comment)
        }
        let status = try await ledger.status()
        #expect(status.accounts[0].accepted == batches[39].running, comment)
        let lost = gone.reduce(FlowCounters.zero) { $0 + batches[$1].entries[0].counters }
        #expect(status.accounts[0].lost == lost, comment)
        await ledger.close()
    }
}
