// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// What a series says of a flow's other side, and of who started the flow.
struct OtherSide: Hashable {
    var initiator: Initiator
    var scope: Scope
    var rule: String
    var network: String
    var nat: NATUse
    var peer: SeriesKey.Peer
}

/// Says who the other side of a flow is and how far away, by rules and by the cluster's objects.
struct PeerJudge {
    /// What is asked.
    struct Question: Hashable {
        var remote: IPAddress
        /// The port at the peer, if the peer accepted.
        var port: ClusterService.Port?
        var initiator: Initiator
        var viaLoopback: Bool
        var service: ServiceResolution
    }

    /// The rules of the time at which the bytes were counted.
    let rules: RuleSet
    /// What is known of the cluster; `nil` if nothing is to be known.
    let inventory: Inventory?
    /// The node that counted the bytes.
    let vantage: Vantage
    /// When the bytes were counted.
    let interval: Interval

    /// True if `inventory` has a label that says where the node `name` stands.
    static func isPlaced(_ name: String, _ inventory: Inventory) -> Bool {
        inventory.place(ofNode: name).map { $0.region != nil || $0.zone != nil } ?? false
    }

    /// The node `name` of `cluster`: peers are compared by labels, so its own labels count before what its agent was told.
    static func vantage(_ name: String, of cluster: String, told: Place, _ inventory: Inventory?) -> Vantage {
        let labelled = inventory?.place(ofNode: name) ?? .unknown
        return Vantage(
            cluster: cluster,
            node: name,
            place: labelled.region == nil && labelled.zone == nil ? told : labelled
        )
    }

    /// The answer by the cluster's objects; `nil` if none of them has the address.
    func side(byObjects question: Question) -> OtherSide? {
        guard
            let peer = inventory?
                .peer(at: question.remote, port: question.port, during: interval, from: vantage)
                ?? ownNode(of: question)
        else { return nil }
        return side(peer, of: question)
    }

    /// The answer where nothing is known but rules for the address.
    func side(byRule ruling: Int, of question: Question) -> OtherSide {
        let isOutside = inventory?.isComplete == true && !question.viaLoopback
        var peer = isOutside ? SeriesKey.Peer(kind: .external, resolution: .address) : .unknown
        peer.resolve(question.service)
        peer.stand(at: rules.place(of: ruling, from: vantage))
        return side(rules.verdict(of: ruling, from: vantage), initiator: question.initiator, peer: peer)
    }

    /// The answer as far as it goes now, with the question kept for when more is known.
    func openSide(_ question: Question) -> OtherSide {
        let ruling = rules.ruling(remote: question.remote, viaLoopback: question.viaLoopback)
        var side = side(byRule: ruling, of: question)
        let resolution: PeerResolution
        switch question.service {
        case .none: resolution = .none
        case .backend: resolution = .conntrack
        case .local: resolution = .local
        case .unresolved: resolution = .service
        }
        side.peer = SeriesKey.Peer(
            kind: .unknown,
            workload: OpenQuestion(remote: question.remote, port: question.port).text,
            resolution: resolution
        )
        return side
    }

    /// The best answer.
    func side(of question: Question) -> OtherSide {
        side(byObjects: question)
            ?? side(
                byRule: rules.ruling(remote: question.remote, viaLoopback: question.viaLoopback),
                of: question
            )
    }

    /// The node that counted the bytes, if it holds the flow's remote and the cluster has no object that does.
    private func ownNode(of question: Question) -> ClusterPeer? {
        guard question.service == .local else { return nil }
        return ClusterPeer(
            kind: .node,
            zone: vantage.place.zone ?? "",
            region: vantage.place.region ?? "",
            scope: .sameZone,
            resolution: .local
        )
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
    private func side(_ peer: ClusterPeer, of question: Question) -> OtherSide {
        let ruling = rules.ruling(remote: question.remote, viaLoopback: question.viaLoopback)
        var peer = peer
        if peer.kind == .service, question.service == .local {
            // Whatever answers there, the bytes stay on this node.
            (peer.scope, peer.zone, peer.region) = (.sameZone, vantage.place.zone ?? "", vantage.place.region ?? "")
        }
        var other = SeriesKey.Peer(
            kind: peer.kind,
            namespace: peer.namespace,
            workload: peer.workload,
            zone: peer.zone,
            region: peer.region,
            resolution: peer.resolution
        )
        other.resolve(question.service)
        if peer.scope == nil { other.stand(at: rules.place(of: ruling, from: vantage)) }
        var side = side(rules.verdict(of: ruling, from: vantage), initiator: question.initiator, peer: other)
        guard let scope = peer.scope, !rules.isDecidedByList(ruling) else { return side }
        side.scope = scope
        side.rule = peer.rule
        // Inside the cluster no gateway is passed unless a rule says so, however public the address looks.
        if side.nat == .assumed { side.nat = .no }
        return side
    }
}

extension SeriesKey.Peer {
    /// Notes where the rules say that it is, if nobody else knows.
    mutating func stand(at place: Place) {
        guard zone.isEmpty, region.isEmpty else { return }
        (zone, region) = (place.zone ?? "", place.region ?? "")
    }

    /// The question that is kept in it; `nil` if there is none.
    var question: OpenQuestion? {
        kind == .unknown ? OpenQuestion(workload) : nil
    }

    /// What the node that counted the bytes knew of the address.
    var service: ServiceResolution {
        switch resolution {
        case .conntrack: .backend
        case .local: .local
        case .service: .unresolved
        case .none, .address, .ambiguous: .none
        }
    }

    /// Notes what the node that counted the bytes knows of the address, if it was a service's.
    ///
    /// What the cluster says of the address stays: who has it, and whether two pods claim it.
    mutating func resolve(_ service: ServiceResolution) {
        switch service {
        case .none: return
        case .backend: if resolution != .ambiguous { resolution = .conntrack }
        case .local: if kind == .service || kind == .unknown { resolution = .local }
        case .unresolved:
            guard kind == .service || kind == .unknown || kind == .external else { return }
            kind = .service
            if resolution != .ambiguous { resolution = .service }
        }
    }
}
