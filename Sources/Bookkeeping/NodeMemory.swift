// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// What is known of one node's flows, so that it need not be found again for its next batch.
///
/// Owners, addresses, peers, judgements and series have numbers, and a number stands for the same content as long as the
/// memory is there. What can change is who has an address and what an owner is called: that is kept with its
/// ``Grounds`` and looked through before each batch, so that a flow need not ask whether what it finds still holds.
struct NodeMemory: Sendable {
    /// The number of a peer, or what is known in its place.
    private enum Peer {
        /// Nobody in the cluster has the address.
        static let nobody: Int32 = -1
        /// Nothing is to be said.
        static let unsaid: Int32 = -2
        /// Ports of the address may be of different peers.
        static let byPort: Int32 = -3
        /// It was not looked for yet.
        static let unknown: Int32 = -4
    }

    /// In the place of an other side's number.
    private enum Side {
        /// It is to be looked for.
        static let none: Int32 = -1
        /// Nobody can say yet.
        static let open: Int32 = -2
    }

    /// Where a series stands among the entries of a batch.
    private struct Seat {
        var turn: UInt32
        var index: UInt32
    }

    /// What it holds for.
    let situation: Situation
    /// Flows of the largest batch.
    private var mostFlows = 0
    private var turn: UInt32 = 0
    private var owners = OwnerNumbers()
    private var addresses: AddressNumbers
    /// By address.
    private var rulings: [Int32] = []
    /// By address.
    private var peersOfAddresses = Answers()
    /// For each address the numbers of the other sides by who started the flow, four places each; -1 where that is not
    /// known or not the same for all ports.
    private var sidesOfAddresses: [Int32] = []
    /// Addresses whose peer depends on the port, with port, protocol and who started the flow.
    private var questions = PairTable(capacity: 64)
    /// By question.
    private var peersOfQuestions = Answers()
    private var sides: OtherSides
    /// The numbers of the series, by owner and other side.
    private var pairs: PairTable
    private var series: [SeriesKey] = []
    private var seats: [Seat] = []
    /// The finder of the batch that is being booked, and the numbers of its peers; there only if something is looked for.
    private var finder: PeerFinder?
    private var peerNumbers: [Int32] = []

    /// Nothing is known yet.
    ///
    /// - Parameter flows: how many the next batch has.
    init(_ situation: Situation, rules: RuleSet, flows: Int) {
        self.situation = situation
        addresses = AddressNumbers(capacity: flows / 2)
        pairs = PairTable(capacity: flows / 2)
        sides = OtherSides(situation, rulings: rules.rulingCount)
    }

    /// How many things it knows.
    var count: Int {
        addresses.count + series.count + peersOfQuestions.count + owners.count
    }

    /// True if most of what it knows has not been met for long, so that it had better begin anew.
    var isOvergrown: Bool {
        count > 6 * max(mostFlows, 512)
    }

    /// The sums of `batch` by series, in the order of their first appearance; flows of whose other side the address alone
    /// does not tell come last.
    ///
    /// - Parameters:
    ///   - rules: the same for all batches.
    ///   - inventory: of the situation, at the same revision as for the last batch or a later one.
    ///   - keepsQuestions: true to keep what is to be asked about the peers of owners that wait for their pod.
    mutating func entries(
        of batch: FlowBatch,
        rules: RuleSet,
        inventory: Inventory?,
        keepsQuestions: Bool
    ) -> [Booking.Entry] {
        mostFlows = max(mostFlows, batch.flows.count)
        refresh(for: batch, inventory)
        let owners = batch.owners.map { self.owners.number(of: $0, inventory: inventory) }
        var entries: [Booking.Entry] = []
        entries.reserveCapacity(min(batch.flows.count, max(series.count, 64)))
        // Peers may not be known where the cluster has not told everything.
        let asksAll = keepsQuestions && inventory.map { !$0.isComplete } ?? false
        let asks = asksAll || keepsQuestions && inventory.map { !PeerJudge.isPlaced(batch.source.node, $0) } ?? false
        let waits = asks ? owners.map { self.owners.identities[Int($0)].awaitsItsPod } : []
        var apart: [(flow: Flow, isOpen: Bool)] = []
        for flow in batch.flows where !flow.counters.isZero {
            let isOpen = asks && waits[flow.owner] && !flow.viaLoopback
            if isOpen || flow.service != .none {
                apart.append((flow, isOpen))
                continue
            }
            let address = addresses.number(of: flow.remote)
            if address == rulings.count { add(flow.remote, rules) }
            var side = flow.viaLoopback ? Side.none : sidesOfAddresses[address << 2 | Int(flow.initiator.rawValue)]
            if side < 0 {
                side = self.side(of: flow, address: address, rules, inventory, batch.interval, asks: asksAll)
                if side == Side.open {
                    apart.append((flow, true))
                    continue
                }
            }
            let number = pairs.place(of: owners[flow.owner], side)
            if number == series.count {
                series.append(sides.series(of: self.owners.identities[Int(owners[flow.owner])], side: side))
                seats.append(Seat(turn: 0, index: 0))
            }
            if seats[number].turn == turn {
                entries[Int(seats[number].index)].counters += flow.counters
            } else {
                seats[number] = Seat(turn: turn, index: UInt32(entries.count))
                entries.append(Booking.Entry(series: series[number], counters: flow.counters))
            }
        }
        finder = nil
        guard !apart.isEmpty else { return entries }
        let judge = PeerJudge(
            rules: rules,
            inventory: inventory,
            vantage: situation.vantage,
            interval: batch.interval
        )
        var judged = JudgedFlows(judge, asks: asksAll, adding: entries)
        for (flow, isOpen) in apart {
            judged.add(flow, of: self.owners.identities[Int(owners[flow.owner])], isOpen: isOpen)
        }
        return judged.entries
    }

    /// Forgets what may not hold for `batch`.
    private mutating func refresh(for batch: FlowBatch, _ inventory: Inventory?) {
        // A turn that comes again after 2^32 batches would find the seats of the first one.
        turn &+= 1
        if turn == 0 {
            turn = 1
            for index in seats.indices { seats[index].turn = 0 }
        }
        guard let inventory else { return }
        for address in peersOfAddresses.refresh(from: inventory, at: batch.interval.start) {
            for side in 0..<4 { sidesOfAddresses[address << 2 | side] = Side.none }
        }
        _ = peersOfQuestions.refresh(from: inventory, at: batch.interval.start)
        owners.refresh(from: inventory)
    }

    private mutating func add(_ address: IPAddress, _ rules: RuleSet) {
        rulings.append(Int32(rules.ruling(remote: address, viaLoopback: false)))
        peersOfAddresses.append()
        sidesOfAddresses += repeatElement(Side.none, count: 4)
    }

    /// The port at the peer, if the peer accepted.
    private static func port(_ flow: Flow) -> ClusterService.Port? {
        flow.initiator == .pod ? .init(flow.ipProtocol, flow.servicePort) : nil
    }

    /// The number of the other side of `flow`.
    ///
    /// - Parameter asks: true if a peer that nobody can name yet is to be asked for later.
    private mutating func side(
        of flow: Flow,
        address: Int,
        _ rules: RuleSet,
        _ inventory: Inventory?,
        _ interval: Interval,
        asks: Bool
    ) -> Int32 {
        var peer = Peer.nobody
        if let inventory {
            if finder == nil {
                finder = PeerFinder(inventory, during: interval, from: situation.vantage)
                peerNumbers.removeAll(keepingCapacity: true)
            }
            peer = peersOfAddresses[address]
            if peer == Answers.none { peer = find(flow, address: address) }
            if peer == Peer.byPort {
                let peer = self.peer(of: flow, address: address)
                if peer == Peer.nobody, asks, !flow.viaLoopback { return Side.open }
                return side(of: flow, peer: peer, address, rules)
            }
            if peer == Peer.nobody, asks, !flow.viaLoopback { return Side.open }
        }
        let side = side(of: flow, peer: peer, address, rules)
        // Nobody is not kept where that may only mean that there is no room for questions now.
        if !flow.viaLoopback, situation.isComplete || peer != Peer.nobody {
            sidesOfAddresses[address << 2 | Int(flow.initiator.rawValue)] = side
        }
        return side
    }

    private mutating func side(of flow: Flow, peer: Int32, _ address: Int, _ rules: RuleSet) -> Int32 {
        sides.number(
            ruling: flow.viaLoopback ? rules.loopbackRuling : Int(rulings[address]),
            peer: peer < 0 && flow.viaLoopback ? Peer.unsaid : peer,
            initiator: flow.initiator,
            rules
        )
    }

    /// Finds and keeps who has the address of `flow`.
    private mutating func find(_ flow: Flow, address: Int) -> Int32 {
        guard let finding = finder?.find(flow.remote, port: Self.port(flow)) else { return Peer.nobody }
        let peer = finding.dependsOnPort ? Peer.byPort : number(ofPeer: finding.number)
        peersOfAddresses.set(peer, at: address, finding.grounds)
        return peer
    }

    /// Who serves the port of `flow`, whose address is several peers'.
    private mutating func peer(of flow: Flow, address: Int) -> Int32 {
        let port = Self.port(flow)
        let packed = port.map { 1 << 24 | Int32($0.ipProtocol.rawValue) << 16 | Int32($0.number) } ?? 0
        let question = questions.place(of: Int32(address), packed)
        if question == peersOfQuestions.count { peersOfQuestions.append() }
        let known = peersOfQuestions[question]
        if known != Answers.none { return known }
        guard let finding = finder?.find(flow.remote, port: port) else { return Peer.nobody }
        let peer = number(ofPeer: finding.number)
        peersOfQuestions.set(peer, at: question, finding.grounds)
        return peer
    }

    /// The memory's number of the peer that has the finder's `number`.
    private mutating func number(ofPeer number: Int?) -> Int32 {
        guard let number, let finder else { return Peer.nobody }
        // The finder numbers its peers one after the other.
        while peerNumbers.count <= number { peerNumbers.append(sides.number(of: finder.peers[peerNumbers.count])) }
        return peerNumbers[number]
    }
}
