// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// Sums of one batch by series.
///
/// The dimensions of a series are strings, which are slow to hash; so owners and peers are numbered first
/// and the sums are found by those numbers.
struct SeriesSums {
    /// What a series says of a flow's other side, and of who started the flow.
    private struct OtherSide: Hashable {
        var initiator: Initiator
        var scope: Scope
        var rule: String
        var network: String
        var nat: NATUse
        var peer: SeriesKey.Peer
    }

    /// What decides who a peer is, where the cluster's objects are known.
    private struct PeerQuestion: Hashable {
        var remote: IPAddress
        /// The port at the peer, if the peer accepted.
        var port: ClusterService.Port?
        var initiator: Initiator
        var viaLoopback: Bool
    }

    private let batch: FlowBatch
    private let rules: RuleSet
    private let inventory: Inventory?
    private let vantage: Vantage
    /// For each owner of the batch, the first owner of the same series dimensions.
    private let owners: [Int]
    /// The dimensions of each owner of the batch.
    private let identities: [OwnerIdentity]
    private var sides: [OtherSide] = []
    private var numbers: [OtherSide: Int] = [:]
    /// For each ruling and initiator, the number of the other side, or -1 if none was asked for yet.
    private var sideOfRuling: [Int]
    private var answers: [PeerQuestion: Int] = [:]
    /// By the numbers of owner and other side.
    private var sums: PairSums

    /// No sums yet.
    ///
    /// - Parameter inventory: what is known of the batch's cluster; `nil` if nothing is to be known.
    init(batch: FlowBatch, rules: RuleSet, inventory: Inventory?) {
        self.batch = batch
        self.rules = rules
        self.inventory = inventory
        let told = Place(region: batch.region, zone: batch.zone)
        let labelled = inventory?.place(ofNode: batch.source.node) ?? .unknown
        vantage = Vantage(
            cluster: batch.source.cluster,
            node: batch.source.node,
            // Peers are compared by labels, so the labels of the own node count before what its agent was told.
            place: labelled.region == nil && labelled.zone == nil ? told : labelled
        )
        sums = PairSums(capacity: batch.flows.count)
        sideOfRuling = [Int](repeating: -1, count: rules.rulingCount * Initiator.allCases.count)
        identities = batch.owners.map { OwnerIdentity($0, inventory: inventory) }
        // Several cgroups may be one owner, for instance the containers of a pod.
        var first: [OwnerIdentity: Int] = [:]
        owners = identities.enumerated()
            .map { index, identity in
                if let known = first[identity] { return known }
                first[identity] = index
                return index
            }
    }

    /// Adds a flow's counters to its series.
    mutating func add(_ flow: Flow) {
        let side = inventory == nil ? side(byRuleOf: flow) : side(of: flow)
        sums.add(flow.counters, first: owners[flow.owner], second: side)
    }

    /// The sums by series, in the order of their first appearance.
    var entries: [Booking.Entry] {
        sums.sums.map {
            Booking.Entry(series: series(owner: Int($0.first), side: Int($0.second)), counters: $0.counters)
        }
    }

    /// The number of a flow's other side where nothing is known but rules for its address.
    private mutating func side(byRuleOf flow: Flow) -> Int {
        let ruling = rules.ruling(remote: flow.remote, viaLoopback: flow.viaLoopback)
        let place = ruling * Initiator.allCases.count + Int(flow.initiator.rawValue)
        if sideOfRuling[place] >= 0 { return sideOfRuling[place] }
        let isOutside = inventory?.isComplete == true && !flow.viaLoopback
        let peer = isOutside ? SeriesKey.Peer(kind: .external, resolution: .address) : .unknown
        let number = number(of: side(rules.verdict(of: ruling, from: vantage), initiator: flow.initiator, peer: peer))
        sideOfRuling[place] = number
        return number
    }

    /// The number of a flow's other side by the cluster's objects, else by the rules for its address.
    private mutating func side(of flow: Flow) -> Int {
        let question = PeerQuestion(
            remote: flow.remote,
            port: flow.initiator == .pod ? .init(flow.ipProtocol, flow.servicePort) : nil,
            initiator: flow.initiator,
            viaLoopback: flow.viaLoopback
        )
        if let known = answers[question] { return known }
        let number: Int
        if let peer = inventory?
            .peer(at: flow.remote, port: question.port, during: batch.interval, from: vantage)
        {
            number = self.number(of: side(peer, of: flow))
        } else {
            number = side(byRuleOf: flow)
        }
        answers[question] = number
        return number
    }

    private func side(_ verdict: Verdict, initiator: Initiator, peer: SeriesKey.Peer) -> OtherSide {
        OtherSide(
            initiator: initiator,
            scope: verdict.scope,
            rule: verdict.rule,
            network: verdict.network,
            nat: verdict.route.nat(initiator: initiator),
            peer: peer
        )
    }

    /// The other side that `peer` is: the operator's lists still decide its scope before the cluster does.
    private func side(_ peer: ClusterPeer, of flow: Flow) -> OtherSide {
        let ruling = rules.ruling(remote: flow.remote, viaLoopback: flow.viaLoopback)
        var side = side(
            rules.verdict(of: ruling, from: vantage),
            initiator: flow.initiator,
            peer: SeriesKey.Peer(
                kind: peer.kind,
                namespace: peer.namespace,
                workload: peer.workload,
                zone: peer.zone,
                resolution: peer.resolution
            )
        )
        guard let scope = peer.scope, !rules.isDecidedByList(ruling) else { return side }
        side.scope = scope
        side.rule = peer.rule
        // Inside the cluster no gateway is passed unless a rule says so, however public the address looks.
        if side.nat == .assumed { side.nat = .no }
        return side
    }

    private mutating func number(of side: OtherSide) -> Int {
        if let known = numbers[side] { return known }
        let number = sides.count
        sides.append(side)
        numbers[side] = number
        return number
    }

    private func series(owner ownerNumber: Int, side sideNumber: Int) -> SeriesKey {
        let side = sides[sideNumber]
        let owner = identities[ownerNumber]
        return SeriesKey(
            cluster: batch.source.cluster,
            node: batch.source.node,
            region: vantage.place.region ?? "",
            zone: vantage.place.zone ?? "",
            ownerKind: owner.kind,
            namespace: owner.namespace,
            pod: owner.pod,
            podUID: owner.podUID,
            trafficClass: TrafficClass(initiator: side.initiator, scope: side.scope),
            network: side.network,
            rule: side.rule,
            nat: side.nat,
            workloadKind: owner.workload?.kind ?? "",
            workload: owner.workload?.name ?? "",
            peer: side.peer
        )
    }
}
