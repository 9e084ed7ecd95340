// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import Ledger
import TestSupport
import Testing
import Traffic

/// What a bookkeeper remembers is what it would find.
@Suite struct BookkeeperTests {
    /// Pods, addresses, nodes, services, feeds, rules and clocks change between batches: each booking is entry by entry
    /// what a fresh classification makes of the same batch.
    @Test(arguments: 0..<20)
    func whatIsRememberedIsWhatWouldBeFound(round: Int) {
        var world = ChangingWorld(SeededRandom())
        let bookkeeper = Bookkeeper()
        for step in 0..<150 {
            let (batch, rulebook, inventory) = world.next()
            let fresh = Booking(classifying: batch, with: rulebook, inventory: inventory)
            let booking = bookkeeper.booking(of: batch, with: rulebook, inventory: inventory)
            #expect(Imbalance(batch: batch, booking: booking) == nil, "seed \(world.random.seed), step \(step)")
            let isSame = booking.entries.elementsEqual(fresh.entries) {
                $0.series == $1.series && $0.counters == $1.counters
            }
            #expect(isSame, "seed \(world.random.seed), step \(step)")
            guard isSame else {
                for (left, right) in zip(booking.entries, fresh.entries) where left.series != right.series {
                    Issue.record("remembered: \(left.series)\nfound: \(right.series)")
                }
                return
            }
        }
    }

    /// The series of one batch and the next are the same objects, so that nobody compares their names; but for those that
    /// keep a question, which is asked anew.
    @Test func aSeriesIsMadeOnce() {
        var world = ChangingWorld(SeededRandom())
        let (batch, rulebook, inventory) = world.next()
        let bookkeeper = Bookkeeper()
        let first = bookkeeper.booking(of: batch, with: rulebook, inventory: inventory)
        let second = bookkeeper.booking(of: batch, with: rulebook, inventory: inventory)
        #expect(!first.entries.isEmpty)
        for (left, right) in zip(first.entries, second.entries) {
            let keepsQuestion = left.series.awaitsItsPod && left.series.peer.kind == .unknown
            #expect(left.series === right.series || keepsQuestion, "seed \(world.random.seed)")
            #expect(left.series == right.series, "seed \(world.random.seed)")
        }
        let changed = bookkeeper.booking(of: batch, with: Rulebook(rulebook.plan), inventory: inventory)
        #expect(first.entries[0].series !== changed.entries[0].series)
    }

    /// Addresses that come once do not pile up, and nodes that do not fit go without.
    @Test func theMemoryIsBounded() {
        let rulebook = Rulebook(NetworkPlan())
        let bookkeeper = Bookkeeper(limit: 20_000)
        for number in 0..<200 {
            let flows = (0..<100)
                .map { flow -> Flow in
                    var new = Flow.to("8.8.8.8", egress: 1)
                    new.remote = IPAddress(v4: 0x0800_0000 + UInt32(number * 100 + flow))
                    return new
                }
            var batch = FlowBatch.test(owners: [.unit("a.service")], flows: flows)
            batch.source.node = "node-\(number % 2)"
            _ = bookkeeper.booking(of: batch, with: rulebook)
            #expect(bookkeeper.count < 2 * 6 * 512 + 1_000)
        }
        for number in 0..<400 {
            var batch = FlowBatch.test(
                owners: [.unit("a.service")],
                flows: (0..<100).map { .to("9.9.9.\($0)", egress: 1) }
            )
            batch.source.node = "other-\(number)"
            _ = bookkeeper.booking(of: batch, with: rulebook)
            #expect(bookkeeper.count <= 20_000)
        }
        #expect(bookkeeper.count > 10_000)
    }
}
