// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// What is known of one node's owners and series, so that it need not be found again for its next batch.
///
/// Owners and series have numbers, and a number stands for the same content as long as the memory is there. What owners are
/// called can change: that is kept with its ``Classification/Grounds`` and looked through before each batch.
struct NodeMemory: Sendable {
    /// Where a series stands among the entries of a batch.
    private struct Seat {
        var turn: UInt32
        var index: UInt32
    }

    /// The number of the neighbourhood whose numbers of other sides it uses.
    let neighbourhood: UInt64
    /// Flows of the largest batch.
    private var mostFlows = 0
    private var turn: UInt32 = 0
    private var owners = OwnerNumbers()
    /// What series say of the owners, by number, as far as it was asked for.
    private var locals: [SeriesKey.Local?] = []
    /// The numbers of the series, by owner and other side.
    private var pairs = PairTable(capacity: 32)
    private var series: [SeriesKey] = []
    private var seats: [Seat] = []

    /// Nothing is known yet.
    init(of neighbourhood: UInt64) {
        self.neighbourhood = neighbourhood
    }

    /// How many things it knows.
    var count: Int {
        series.count + owners.count
    }

    /// True if most of what it knows has not been met for long, so that it had better begin anew.
    var isOvergrown: Bool {
        count > 6 * max(mostFlows, 512)
    }

    /// The sums of `batch` by series, in the order of their first appearance; flows of which a question is kept come last.
    ///
    /// - Parameters:
    ///   - situation: Of the node.
    ///   - rules: The same for all batches.
    ///   - inventory: Of the situation, at the same revision as for the last batch or a later one.
    ///   - keepsQuestions: True to keep what is to be asked about the peers of owners that wait for their pod.
    ///   - use: Gives the neighbourhood to its argument.
    mutating func entries(
        of batch: FlowBatch,
        _ situation: Situation,
        rules: RuleSet,
        inventory: Inventory?,
        keepsQuestions: Bool,
        _ use: ((inout Neighbourhood) -> Void) -> Void
    ) -> [Booking.Entry] {
        begin(batch, inventory)
        let owners = batch.owners.map { self.owners.number(of: $0, inventory: inventory) }
        // Peers may not be known where the cluster has not told everything.
        let asksAll = keepsQuestions && inventory.map { !$0.isComplete } ?? false
        let asks = asksAll || keepsQuestions && inventory.map { !PeerJudge.isPlaced(batch.source.node, $0) } ?? false
        let waits = asks ? owners.map { self.owners.identities[Int($0)].awaitsItsPod } : []
        func isOpen(_ flow: Flow) -> Bool {
            asks && waits[flow.owner] && !flow.viaLoopback
        }
        var sides: [Int32] = []
        use { sides = $0.sides(of: batch, situation, inventory, asks: asksAll, where: isOpen) }
        var entries: [Booking.Entry] = []
        entries.reserveCapacity(min(batch.flows.count, max(series.count, 64)))
        var apart: [Flow] = []
        for (index, flow) in batch.flows.enumerated() where !flow.counters.isZero {
            let side = sides[index]
            guard side != Neighbourhood.apart else {
                apart.append(flow)
                continue
            }
            let number = pairs.place(of: owners[flow.owner], side)
            if number == series.count {
                let local = local(owners[flow.owner], from: situation.vantage)
                use { series.append(SeriesKey(local: local, remote: $0.remote(side))) }
                seats.append(Seat(turn: 0, index: 0))
            }
            if seats[number].turn == turn {
                entries[Int(seats[number].index)].counters += flow.counters
            } else {
                seats[number] = Seat(turn: turn, index: UInt32(entries.count))
                entries.append(Booking.Entry(series: series[number], counters: flow.counters))
            }
        }
        guard !apart.isEmpty else { return entries }
        let judge = PeerJudge(
            rules: rules,
            inventory: inventory,
            vantage: situation.vantage,
            interval: batch.interval
        )
        var judged = OpenFlows(judge, adding: entries)
        for flow in apart {
            judged.add(flow, of: self.owners.identities[Int(owners[flow.owner])])
        }
        return judged.entries
    }

    /// What the series of the owner with `number` say of it.
    private mutating func local(_ number: Int32, from vantage: Vantage) -> SeriesKey.Local {
        let index = Int(number)
        while locals.count <= index { locals.append(nil) }
        if let known = locals[index] { return known }
        let local = owners.identities[index].local(from: vantage)
        locals[index] = local
        return local
    }

    /// Forgets what may not hold for `batch`.
    private mutating func begin(_ batch: FlowBatch, _ inventory: Inventory?) {
        mostFlows = max(mostFlows, batch.flows.count)
        // A turn that comes again after 2^32 batches would find the seats of the first one.
        turn &+= 1
        if turn == 0 {
            turn = 1
            for index in seats.indices { seats[index].turn = 0 }
        }
        if let inventory { owners.refresh(from: inventory) }
    }
}
