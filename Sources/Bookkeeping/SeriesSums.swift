// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// Sums of one batch by series.
///
/// The dimensions of a series are strings, which are slow to hash; so owners, addresses, judgements and peers are numbered
/// first, and the sums are found by those numbers.
struct SeriesSums {
    /// What the rules say of a flow in its series, and who started it.
    private struct Told: Hashable {
        var initiator: Initiator
        /// `nil` where the cluster decides.
        var scope: Scope?
        var rule: String
        var network: String
        var nat: NATUse
    }

    /// A flow's other side: numbers of what is told of it, and of the peer.
    private struct Side {
        /// -1 if the whole was judged for itself: then `peer` is its number in ``SeriesSums/judged``.
        var told: Int32
        var peer: Int32
    }

    /// What the rules say of an address.
    private struct Judgement: Hashable {
        var verdict: Verdict
        /// True if it stands before what the cluster knows.
        var isDecidedByList: Bool
    }

    /// What is known of an address.
    private struct AddressFacts {
        /// The number of its ruling.
        var ruling: Int32
        /// The number of its peer; -1 if it is nobody's in the cluster.
        var peer: Int32
        /// True if another port may be another's.
        var dependsOnPort: Bool
    }

    private let batch: FlowBatch
    private let rules: RuleSet
    private let judge: PeerJudge
    /// True if the peers of owners that wait for their pod cannot be known either, and are to be asked about then.
    private let keepsQuestions: Bool
    /// Other sides that few flows have: of services that the node knows more of, and questions that stay open.
    private var judged: [OtherSide] = []
    private var judgedNumbers: [OtherSide: Int32] = [:]
    private var answers: [PeerJudge.Question: Int] = [:]
    private var openQuestions: [PeerJudge.Question: Int] = [:]
    private let vantage: Vantage
    /// For each owner of the batch, the first owner of the same series dimensions.
    private let owners: [Int]
    /// The dimensions of each owner of the batch.
    private let identities: [OwnerIdentity]
    /// The peer where nobody in the cluster has the address.
    private let outside: SeriesKey.Peer
    private var finder: PeerFinder?
    private var addresses: AddressNumbers
    /// By the addresses' numbers.
    private var facts: [AddressFacts] = []
    /// Addresses whose peer depends on the port, with port, protocol and who started the flow.
    private var questions = PairTable(capacity: 64)
    /// The peers' numbers by the numbers of `questions`; -1 for nobody.
    private var peerOfQuestion: [Int32] = []
    private var judgements: [Judgement] = []
    private var judgementNumbers: [Judgement: Int32] = [:]
    /// For each ruling the number of its judgement, or -1 if none was asked for yet.
    private var judgementOfRuling: [Int32]
    private var told: [Told] = []
    private var toldNumbers: [Told: Int32] = [:]
    /// The numbers of what is told, by judgement, initiator and whether the cluster decides; -1 if that was not asked for.
    private var toldOfJudgement: [Int32] = []
    /// The other sides, by number.
    private var sides: [Side] = []
    /// The numbers of `sides`.
    private var pairs = PairTable(capacity: 512)
    /// By the numbers of owner and other side.
    private var sums: PairSums

    /// No sums yet.
    ///
    /// - Parameters:
    ///   - inventory: what is known of the batch's cluster; `nil` if nothing is to be known.
    ///   - keepsQuestions: false if there is no room for series that keep what is to be asked about their peers.
    init(batch: FlowBatch, rules: RuleSet, inventory: Inventory?, keepsQuestions: Bool) {
        self.batch = batch
        self.rules = rules
        let told = Place(region: batch.region, zone: batch.zone)
        let node = batch.source.node
        let vantage = PeerJudge.vantage(node, of: batch.source.cluster, told: told, inventory)
        judge = PeerJudge(rules: rules, inventory: inventory, vantage: vantage, interval: batch.interval)
        self.keepsQuestions =
            keepsQuestions && inventory.map { !$0.isComplete || !PeerJudge.isPlaced(node, $0) } ?? false
        self.vantage = vantage
        finder = inventory.map { PeerFinder($0, during: batch.interval, from: vantage) }
        outside = inventory?.isComplete == true ? .init(kind: .external, resolution: .address) : .unknown
        addresses = AddressNumbers(capacity: batch.flows.count / 2)
        sums = PairSums(capacity: batch.flows.count)
        judgementOfRuling = [Int32](repeating: -1, count: rules.rulingCount)
        var identities: [OwnerIdentity] = []
        identities.reserveCapacity(batch.owners.count)
        // Several cgroups may be one owner, for instance the containers of a pod.
        var first: [OwnerIdentity: Int] = [:]
        var firstOfPod = [String: Int](minimumCapacity: batch.owners.count)
        owners = batch.owners.enumerated()
            .map { index, owner in
                if owner.kind == .pod, !owner.podUID.isEmpty, inventory != nil {
                    // Its identity depends on its UID alone.
                    if let known = firstOfPod.updateValue(index, forKey: owner.podUID) {
                        firstOfPod[owner.podUID] = known
                        identities.append(identities[known])
                        return known
                    }
                    identities.append(OwnerIdentity(owner, inventory: inventory))
                    return index
                }
                let identity = OwnerIdentity(owner, inventory: inventory)
                identities.append(identity)
                if let known = first[identity] { return known }
                first[identity] = index
                return index
            }
        self.identities = identities
    }

    /// Adds a flow's counters to its series.
    mutating func add(_ flow: Flow) {
        if keepsQuestions, identities[flow.owner].awaitsItsPod, !flow.viaLoopback {
            return sums.add(flow.counters, first: owners[flow.owner], second: openSide(of: flow))
        }
        if flow.service != .none {
            return sums.add(flow.counters, first: owners[flow.owner], second: judgedSide(of: flow))
        }
        let number = addresses.number(of: flow.remote)
        if number == facts.count { facts.append(look(up: flow)) }
        let known = facts[number]
        let peer = known.dependsOnPort ? self.peer(of: flow, address: number) : known.peer
        let judgement = judgement(ofRuling: flow.viaLoopback ? rules.loopbackRuling : Int(known.ruling))
        let isOutside = peer < 0 && flow.viaLoopback
        let side = side(judgement: judgement, peer: isOutside ? -2 : peer, initiator: flow.initiator)
        sums.add(flow.counters, first: owners[flow.owner], second: side)
    }

    /// The sums by series, in the order of their first appearance.
    var entries: [Booking.Entry] {
        let entries = sums.sums.map {
            Booking.Entry(series: series(owner: Int($0.first), side: Int($0.second)), counters: $0.counters)
        }
        guard !judged.isEmpty else { return entries }
        // What was judged for itself may be what other flows came to.
        var places: [SeriesKey: Int] = [:]
        var merged: [Booking.Entry] = []
        for entry in entries {
            if let place = places[entry.series] {
                merged[place].counters += entry.counters
            } else {
                places[entry.series] = merged.count
                merged.append(entry)
            }
        }
        return merged
    }

    /// The number of a flow's other side that is to be asked about later.
    private mutating func openSide(of flow: Flow) -> Int {
        let question = PeerJudge.Question(flow)
        if let known = openQuestions[question] { return known }
        let number = number(of: judge.openSide(question))
        openQuestions[question] = number
        return number
    }

    /// The number of the other side of a flow of whose remote the node knows more than its address.
    private mutating func judgedSide(of flow: Flow) -> Int {
        let question = PeerJudge.Question(flow)
        if let known = answers[question] { return known }
        let number = number(of: judge.side(of: question))
        answers[question] = number
        return number
    }

    private mutating func number(of side: OtherSide) -> Int {
        let place = judgedNumbers[side, default: Int32(judged.count)]
        if place == judged.count {
            judgedNumbers[side] = place
            judged.append(side)
        }
        let number = pairs.place(of: -1, place)
        if number == sides.count { sides.append(Side(told: -1, peer: place)) }
        return number
    }

    /// The port at the peer, if the peer accepted.
    private static func port(_ flow: Flow) -> ClusterService.Port? {
        flow.initiator == .pod ? .init(flow.ipProtocol, flow.servicePort) : nil
    }

    private mutating func look(up flow: Flow) -> AddressFacts {
        let finding = finder?.find(flow.remote, port: Self.port(flow))
        return AddressFacts(
            ruling: Int32(rules.ruling(remote: flow.remote, viaLoopback: false)),
            peer: finding?.number.map(Int32.init) ?? -1,
            dependsOnPort: finding?.dependsOnPort ?? false
        )
    }

    private mutating func peer(of flow: Flow, address: Int) -> Int32 {
        let port = Self.port(flow)
        let packed = port.map { 1 << 24 | Int32($0.ipProtocol.rawValue) << 16 | Int32($0.number) } ?? 0
        let place = questions.place(of: Int32(address), packed)
        if place == peerOfQuestion.count {
            peerOfQuestion.append(finder?.find(flow.remote, port: port).number.map(Int32.init) ?? -1)
        }
        return peerOfQuestion[place]
    }

    private mutating func judgement(ofRuling ruling: Int) -> Int32 {
        let known = judgementOfRuling[ruling]
        if known >= 0 { return known }
        let judgement = Judgement(
            verdict: rules.verdict(of: ruling, from: vantage),
            isDecidedByList: rules.isDecidedByList(ruling)
        )
        let number = judgementNumbers[judgement, default: Int32(judgements.count)]
        if number == judgements.count {
            judgementNumbers[judgement] = number
            judgements.append(judgement)
            toldOfJudgement += repeatElement(-1, count: 8)
        }
        judgementOfRuling[ruling] = number
        return number
    }

    /// The number of an other side.
    ///
    /// - Parameter peer: its number; -1 if it is nobody in the cluster, -2 if nothing is to be said of it.
    private mutating func side(judgement: Int32, peer: Int32, initiator: Initiator) -> Int {
        // The operator's lists decide the scope before the cluster does.
        let isClusters = peer >= 0 && scopeOfPeer(peer) != nil && !judgements[Int(judgement)].isDecidedByList
        let index = Int(judgement) << 3 | Int(initiator.rawValue) << 1 | (isClusters ? 1 : 0)
        if toldOfJudgement[index] < 0 {
            toldOfJudgement[index] = number(of: judgements[Int(judgement)].verdict, initiator, isClusters: isClusters)
        }
        let side = Side(told: toldOfJudgement[index], peer: peer)
        let number = pairs.place(of: side.told, side.peer)
        if number == sides.count { sides.append(side) }
        return number
    }

    private func scopeOfPeer(_ peer: Int32) -> Scope? {
        finder?.peers[Int(peer)].scope
    }

    private mutating func number(of verdict: Verdict, _ initiator: Initiator, isClusters: Bool) -> Int32 {
        var new = Told(
            initiator: initiator,
            scope: verdict.scope,
            rule: verdict.rule,
            network: verdict.network,
            nat: verdict.route.nat(initiator: initiator)
        )
        if isClusters {
            (new.scope, new.rule) = (nil, "")
            // Inside the cluster no gateway is passed unless a rule says so, however public the address looks.
            if new.nat == .assumed { new.nat = .no }
        }
        let number = toldNumbers[new, default: Int32(told.count)]
        if number == told.count {
            toldNumbers[new] = number
            told.append(new)
        }
        return number
    }

    private func series(owner ownerNumber: Int, side sideNumber: Int) -> SeriesKey {
        let side = sides[sideNumber]
        if side.told < 0 { return series(owner: identities[ownerNumber], judged[Int(side.peer)]) }
        let told = told[Int(side.told)]
        let found = side.peer >= 0 ? finder?.peers[Int(side.peer)] : nil
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
            trafficClass: TrafficClass(initiator: told.initiator, scope: told.scope ?? found?.scope ?? .unknown),
            network: told.network,
            rule: told.scope == nil ? found?.rule ?? "" : told.rule,
            nat: told.nat,
            workloadKind: owner.workload?.kind ?? "",
            workload: owner.workload?.name ?? "",
            peer: found.map {
                SeriesKey.Peer(
                    kind: $0.kind,
                    namespace: $0.namespace,
                    workload: $0.workload,
                    zone: $0.zone,
                    resolution: $0.resolution
                )
            } ?? (side.peer == -1 ? outside : .unknown)
        )
    }

    private func series(owner: OwnerIdentity, _ side: OtherSide) -> SeriesKey {
        SeriesKey(
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

extension PeerJudge.Question {
    /// What is asked about the remote of `flow`.
    init(_ flow: Flow) {
        self.init(
            remote: flow.remote,
            port: flow.initiator == .pod ? .init(flow.ipProtocol, flow.servicePort) : nil,
            initiator: flow.initiator,
            viaLoopback: flow.viaLoopback,
            service: flow.service
        )
    }
}
