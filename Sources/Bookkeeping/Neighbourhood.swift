// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Synchronization
import Traffic

/// What nodes that see everything alike know of the other sides of their flows: found for one, it holds for all.
///
/// A number stands for the same other side as long as the neighbourhood is there.
struct Neighbourhood: Sendable {
    /// The number of a peer, or what is known in its place.
    private enum Peer {
        /// Nobody in the cluster has the address.
        static let nobody: Int32 = -1
        /// Nothing is to be said.
        static let unsaid: Int32 = -2
        /// Ports of the address may be of different peers, and the node that has it may see another one than its neighbours.
        static let byPort: Int32 = -3
    }

    /// One batch's search of the cluster's objects.
    private struct Search {
        struct Question: Hashable {
            var remote: IPAddress
            var port: ClusterService.Port?
        }

        let inventory: Inventory
        let interval: Interval
        let vantage: Vantage
        /// There only if something is looked for.
        var finder: PeerFinder?
        /// The neighbourhood's numbers of the finder's peers.
        var numbers: [Int32] = []
        /// What was found for this batch alone.
        var passing: [IPAddress: Int32] = [:]
        var byPort: [Question: Int32] = [:]

        mutating func find(_ remote: IPAddress, _ port: ClusterService.Port?) -> PeerFinder.Finding? {
            if finder == nil { finder = PeerFinder(inventory, during: interval, from: vantage) }
            return finder?.find(remote, port: port)
        }
    }

    /// In the place of the number of an other side: a question is kept.
    static let apart: Int32 = -1

    private static let numbers = Atomic<UInt64>(0)

    /// Tells neighbourhoods apart.
    let number = Self.numbers.wrappingAdd(1, ordering: .relaxed).newValue
    private let rules: RuleSet
    private let isComplete: Bool
    private var remotes: RemoteTable
    private var sides: OtherSides
    /// The numbers of the other sides that nobody in the cluster is, by ruling and who started the flow; -1 where that was
    /// not asked for.
    private var sidesOfRulings: [Int32]

    /// Nothing is known yet.
    ///
    /// - Parameters:
    ///   - situation: That of one of the nodes; the others have the same ``Situation/View``.
    ///   - rules: The same for all batches.
    ///   - limit: Addresses that are remembered; see ``RemoteTable``.
    init(of situation: Situation, rules: RuleSet, limit: Int) {
        self.rules = rules
        isComplete = situation.view.isComplete
        remotes = RemoteTable(limit: limit)
        sides = OtherSides(situation.vantage, isComplete: situation.view.isComplete, rulings: rules.rulingCount)
        sidesOfRulings = [Int32](repeating: -1, count: rules.rulingCount * 4)
    }

    /// How many things it knows.
    var count: Int {
        remotes.count + sides.count
    }

    /// The number of the other side of each flow of `batch`, or ``apart``.
    ///
    /// - Parameters:
    ///   - situation: Of a view that is the neighbourhood's.
    ///   - asks: True to keep a question where nobody is known to have the address.
    ///   - isApart: True for further flows of which a question is kept.
    mutating func sides(
        of batch: FlowBatch,
        _ situation: Situation,
        _ inventory: Inventory?,
        asks: Bool,
        where isApart: (Flow) -> Bool
    ) -> [Int32] {
        var numbers: [Int32] = []
        numbers.reserveCapacity(batch.flows.count)
        guard let inventory else {
            for flow in batch.flows {
                let ruling = rules.ruling(remote: flow.remote, viaLoopback: flow.viaLoopback)
                numbers.append(isApart(flow) ? Self.apart : outside(of: flow, ruling: ruling))
            }
            return numbers
        }
        var search = Search(inventory: inventory, interval: batch.interval, vantage: situation.vantage)
        for flow in batch.flows {
            numbers.append(isApart(flow) ? Self.apart : side(of: flow, &search, asks: asks))
        }
        return numbers
    }

    /// What the series of flows with an other side say of it.
    func remote(_ side: Int32) -> SeriesKey.Remote {
        sides.remote(side)
    }

    private mutating func side(of flow: Flow, _ search: inout Search, asks: Bool) -> Int32 {
        let isPlain = flow.service == .none && !flow.viaLoopback
        let initiator = Int(flow.initiator.rawValue)
        var place = remotes.index(of: flow.remote, at: search.interval.start, search.inventory)
        if let place, isPlain, remotes[place].sides[initiator] >= 0 { return remotes[place].sides[initiator] }
        let port = Self.port(flow)
        var (peer, ruling) = (Peer.nobody, Int32(0))
        if let place {
            (peer, ruling) = (remotes[place].peer, remotes[place].ruling)
        } else {
            ruling = Int32(rules.ruling(remote: flow.remote, viaLoopback: false))
            (peer, place) = find(flow.remote, port, ruling: ruling, &search)
        }
        if peer == Peer.byPort {
            peer = self.peer(at: flow.remote, port, &search)
            place = nil
        }
        if peer == Peer.nobody, asks, !flow.viaLoopback, flow.service != .local { return Self.apart }
        if flow.viaLoopback { ruling = Int32(rules.loopbackRuling) }
        let side =
            peer == Peer.nobody
            ? outside(of: flow, ruling: Int(ruling))
            : sides.number(
                ruling: Int(ruling),
                peer: peer,
                initiator: flow.initiator,
                service: flow.service,
                rules
            )
        // Nobody is not kept where that may only mean that there is no room for questions now.
        if let place, isPlain, isComplete || peer != Peer.nobody { remotes[place].sides[initiator] = side }
        return side
    }

    /// The number of the other side where nobody in the cluster has the address.
    private mutating func outside(of flow: Flow, ruling: Int) -> Int32 {
        let isPlain = flow.service == .none && !flow.viaLoopback
        let index = ruling << 2 | Int(flow.initiator.rawValue)
        if isPlain, sidesOfRulings[index] >= 0 { return sidesOfRulings[index] }
        let side = sides.number(
            ruling: ruling,
            peer: flow.viaLoopback ? Peer.unsaid : Peer.nobody,
            initiator: flow.initiator,
            service: flow.service,
            rules
        )
        if isPlain { sidesOfRulings[index] = side }
        return side
    }

    /// Finds who has an address, and where that is kept if it is worth keeping.
    private mutating func find(
        _ remote: IPAddress,
        _ port: ClusterService.Port?,
        ruling: Int32,
        _ search: inout Search
    ) -> (peer: Int32, place: Int?) {
        if let known = search.passing[remote] { return (known, nil) }
        guard let finding = search.find(remote, port) else { return (Peer.nobody, nil) }
        let peer = finding.dependsOnPort ? Peer.byPort : number(ofPeer: finding.number, &search)
        guard let grounds = finding.grounds else {
            search.passing[remote] = peer
            return (peer, nil)
        }
        let entry = RemoteTable.Entry(
            address: remote,
            peer: peer,
            ruling: ruling,
            grounds: grounds,
            revision: search.inventory.revision
        )
        return (peer, remotes.keep(entry))
    }

    /// Who serves a port of an address that several peers may share; found for each batch.
    private mutating func peer(at remote: IPAddress, _ port: ClusterService.Port?, _ search: inout Search) -> Int32 {
        let question = Search.Question(remote: remote, port: port)
        if let known = search.byPort[question] { return known }
        guard let finding = search.find(remote, port) else { return Peer.nobody }
        let peer = number(ofPeer: finding.number, &search)
        search.byPort[question] = peer
        return peer
    }

    /// The number of the peer that has the finder's `number`.
    private mutating func number(ofPeer number: Int?, _ search: inout Search) -> Int32 {
        guard let number, let peers = search.finder?.peers else { return Peer.nobody }
        // The finder numbers its peers one after the other.
        while search.numbers.count <= number { search.numbers.append(sides.number(of: peers[search.numbers.count])) }
        return search.numbers[number]
    }

    /// The port at the peer, if the peer accepted.
    private static func port(_ flow: Flow) -> ClusterService.Port? {
        flow.initiator == .pod ? .init(flow.ipProtocol, flow.servicePort) : nil
    }
}
