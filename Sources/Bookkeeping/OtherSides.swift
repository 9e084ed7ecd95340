// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// Numbers the other sides of the flows of nodes that see everything alike, by what is a dimension of their series: who the peer is, who started the
/// flow, and what the rules say.
struct OtherSides: Sendable {
    /// What the rules say of a flow in its series, and who started it.
    private struct Told: Hashable {
        var initiator: Initiator
        /// `nil` where the cluster decides.
        var scope: Scope?
        var rule: String
        var network: String
        var nat: NATUse
        /// Where the rules say that the peer is.
        var place: Place
    }

    /// What the rules say of an address.
    private struct Judgement: Hashable {
        var verdict: Verdict
        /// Where they say that it is.
        var place: Place
        /// True if it stands before what the cluster knows.
        var isDecidedByList: Bool
    }

    private let vantage: Vantage
    /// The peer where nobody in the cluster has the address.
    private let outside: SeriesKey.Peer
    private var peers: [ClusterPeer] = []
    private var peerNumbers: [ClusterPeer: Int32] = [:]
    private var judgements: [Judgement] = []
    private var judgementNumbers: [Judgement: Int32] = [:]
    /// For each ruling the number of its judgement, or -1 if none was asked for yet.
    private var judgementOfRuling: [Int32]
    private var told: [Told] = []
    private var toldNumbers: [Told: Int32] = [:]
    /// The numbers of what is told, by judgement, initiator and whether the cluster decides; -1 if that was not asked for.
    private var toldOfJudgement: [Int32] = []
    /// The other sides, by number.
    private var remotes: [SeriesKey.Remote] = []
    private var numbers: [SeriesKey.Remote: Int32] = [:]
    /// The numbers of the other sides by what is told, peer, and what the node knows of the address; several may be one.
    private var sides: [Int32] = []
    /// The numbers of `sides`.
    private var pairs = PairTable(capacity: 128)

    /// None yet.
    ///
    /// - Parameters:
    ///   - vantage: one of the nodes.
    ///   - isComplete: true if an address which nobody has is outside of the cluster.
    ///   - rulings: how many the rules have.
    init(_ vantage: Vantage, isComplete: Bool, rulings: Int) {
        self.vantage = vantage
        outside = isComplete ? .init(kind: .external, resolution: .address) : .unknown
        judgementOfRuling = [Int32](repeating: -1, count: rulings)
    }

    /// How many there are, peers included.
    var count: Int { remotes.count + peers.count }

    /// The number of `peer`.
    mutating func number(of peer: ClusterPeer) -> Int32 {
        let number = peerNumbers[peer, default: Int32(peers.count)]
        if number == peers.count {
            peerNumbers[peer] = number
            peers.append(peer)
        }
        return number
    }

    /// The number of an other side.
    ///
    /// - Parameters:
    ///   - peer: its number; -1 if it is nobody in the cluster, -2 if nothing is to be said of it.
    ///   - service: what the node knows of the address.
    mutating func number(
        ruling: Int,
        peer: Int32,
        initiator: Initiator,
        service: ServiceResolution,
        _ rules: RuleSet
    ) -> Int32 {
        let peer = service == .local ? onOwnNode(peer) : peer
        let judgement = Int(judgement(ofRuling: ruling, rules))
        // The operator's lists decide the scope before the cluster does.
        let isClusters = peer >= 0 && peers[Int(peer)].scope != nil && !judgements[judgement].isDecidedByList
        let index = judgement << 3 | Int(initiator.rawValue) << 1 | (isClusters ? 1 : 0)
        if toldOfJudgement[index] < 0 {
            toldOfJudgement[index] = number(of: judgements[judgement], initiator, isClusters: isClusters)
        }
        let told = toldOfJudgement[index]
        let pair = pairs.place(of: told, peer << 2 | Int32(service.rawValue))
        if pair == sides.count {
            let remote = remote(told: told, peer: peer, service)
            let side = numbers[remote, default: Int32(remotes.count)]
            if side == remotes.count {
                numbers[remote] = side
                remotes.append(remote)
            }
            sides.append(side)
        }
        return sides[pair]
    }

    /// The peer of a flow whose remote address the node itself holds: whatever answers there, the bytes stay on the node.
    private mutating func onOwnNode(_ peer: Int32) -> Int32 {
        let (zone, region) = (vantage.place.zone ?? "", vantage.place.region ?? "")
        guard peer >= 0 else {
            let node = ClusterPeer(kind: .node, zone: zone, region: region, scope: .sameZone, resolution: .local)
            return number(of: node)
        }
        var own = peers[Int(peer)]
        guard own.kind == .service else { return peer }
        (own.scope, own.zone, own.region) = (.sameZone, zone, region)
        return number(of: own)
    }

    /// What the series of flows with an other side say of it.
    func remote(_ number: Int32) -> SeriesKey.Remote {
        remotes[Int(number)]
    }

    private func remote(told index: Int32, peer number: Int32, _ service: ServiceResolution) -> SeriesKey.Remote {
        let told = told[Int(index)]
        let found = number >= 0 ? peers[Int(number)] : nil
        var peer = peer(found, isOutside: number == -1, told)
        peer.resolve(service)
        return SeriesKey.Remote(
            trafficClass: TrafficClass(initiator: told.initiator, scope: told.scope ?? found?.scope ?? .unknown),
            network: told.network,
            rule: told.scope == nil ? found?.rule ?? "" : told.rule,
            nat: told.nat,
            peer: peer
        )
    }

    /// The peer as a series has it: `found` in the cluster, or one that is not in it or not known.
    private func peer(_ found: ClusterPeer?, isOutside: Bool, _ told: Told) -> SeriesKey.Peer {
        guard let found else {
            var peer = isOutside ? outside : .unknown
            peer.stand(at: told.place)
            return peer
        }
        var peer = SeriesKey.Peer(
            kind: found.kind,
            namespace: found.namespace,
            workload: found.workload,
            zone: found.zone,
            region: found.region,
            resolution: found.resolution
        )
        // The rules say where what the cluster names is only if the cluster does not.
        if found.scope == nil { peer.stand(at: told.place) }
        return peer
    }

    private mutating func judgement(ofRuling ruling: Int, _ rules: RuleSet) -> Int32 {
        let known = judgementOfRuling[ruling]
        if known >= 0 { return known }
        let judgement = Judgement(
            verdict: rules.verdict(of: ruling, from: vantage),
            place: rules.place(of: ruling, from: vantage),
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

    private mutating func number(of judgement: Judgement, _ initiator: Initiator, isClusters: Bool) -> Int32 {
        let verdict = judgement.verdict
        var new = Told(
            initiator: initiator,
            scope: verdict.scope,
            rule: verdict.rule,
            network: verdict.network,
            nat: verdict.route.nat(initiator: initiator),
            place: judgement.place
        )
        if isClusters {
            (new.scope, new.rule, new.place) = (nil, "", .unknown)
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
}
