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

    /// Two nodes that stand in one zone are told of the same peer by the same object, which only one of them had to find.
    @Test func whatOneNodeFoundHoldsForItsNeighbours() throws {
        var builder = InventoryBuilder()
        let moment = InventoryBuilder.Moment(wall: 0, steady: 0)
        for number in 0..<4 {
            let place = Place(region: "r", zone: number < 3 ? "a" : "b")
            builder.put(ClusterNode(name: "node-\(number)", place: place, addresses: []), at: moment)
        }
        builder.put(
            ClusterPod(
                uid: "p",
                namespace: "n",
                name: "pod",
                node: "node-2",
                addresses: [try #require(IPAddress("10.0.0.1"))],
                started: 0
            ),
            at: moment
        )
        builder.markComplete()
        let bookkeeper = Bookkeeper()
        let rulebook = Rulebook(NetworkPlan())
        let series = (0..<4)
            .map { number in
                let batch = FlowBatch.test(node: "node-\(number)", flows: [.to("10.0.0.1", egress: 1)])
                return bookkeeper.booking(of: batch, with: rulebook, inventory: builder.inventory).entries[0].series
            }
        #expect(series[0].remote === series[1].remote)
        #expect(series[1].remote === series[2].remote)
        #expect(series[2].trafficClass.scope == .sameZone)
        #expect(series[3].remote !== series[0].remote)
        #expect(series[3].trafficClass.scope == .sameRegion)
    }

    /// Neither addresses that come once pile up nor nodes that do not fit.
    @Test func theMemoryIsBounded() {
        var builder = InventoryBuilder()
        builder.markComplete()
        let rulebook = Rulebook(NetworkPlan())
        let bookkeeper = Bookkeeper(limit: 20_000)
        for number in 0..<400 {
            let flows = (0..<100)
                .map { flow -> Flow in
                    var new = Flow.to("8.8.8.8", egress: 1)
                    new.remote = IPAddress(v4: 0x0800_0000 + UInt32(number * 100 + flow))
                    return new
                }
            let batch = FlowBatch.test(node: "node-\(number % 2)", flows: flows)
            _ = bookkeeper.booking(of: batch, with: rulebook, inventory: builder.inventory)
        }
        // Two nodes that stand nowhere share nothing.
        #expect((2_000...20_000).contains(bookkeeper.count))
        let owners = (0..<100).map { Owner.unit("u\($0).service", cgroupID: UInt64($0)) }
        for number in 0..<400 {
            let batch = FlowBatch.test(
                node: "other-\(number)",
                owners: owners,
                flows: (0..<100).map { .to("9.9.9.\($0)", owner: $0, egress: 1) }
            )
            _ = bookkeeper.booking(of: batch, with: rulebook)
            #expect(bookkeeper.count <= 20_000)
        }
        #expect(bookkeeper.count > 10_000)
    }
}
