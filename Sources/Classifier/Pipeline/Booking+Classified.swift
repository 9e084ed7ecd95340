// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

extension Booking {
    /// The bytes of `batch` by series, each flow classified by the rules that `rulebook` has for its interval.
    ///
    /// Flows that fall in the same series are summed, in the order of their first appearance. Flows without
    /// any bytes or packets make no entry.
    init(classifying batch: FlowBatch, with rulebook: Rulebook) {
        var sums = SeriesSums(batch: batch, rules: rulebook.rules(at: batch.interval.start))
        for flow in batch.flows where !flow.counters.isZero {
            sums.add(flow)
        }
        self.init(
            source: batch.source,
            sequence: batch.sequence,
            interval: batch.interval,
            entries: sums.entries,
            losses: batch.losses,
            records: batch.flows.count
        )
    }
}

/// Sums of one batch by series.
///
/// The dimensions of a series are strings, which are slow to hash; so owners and rulings are numbered first
/// and the sums are found by those numbers.
private struct SeriesSums {
    /// What a series says of a flow's other side, and of who started the flow.
    private struct Peer: Hashable {
        var initiator: Initiator
        var scope: Scope
        var rule: String
        var network: String
        var nat: NATUse
    }

    /// What makes two flows of one batch the same series.
    private struct Key: Hashable {
        var owner: Int
        var peer: Int
    }

    private let batch: FlowBatch
    private let rules: RuleSet
    private let vantage: Vantage
    /// For each owner of the batch, the first owner of the same series dimensions.
    private let owners: [Int]
    private var peers: [Peer] = []
    private var numbers: [Peer: Int] = [:]
    /// For each ruling and initiator, the number of the peer, or -1 if none was asked for yet.
    private var peerOfRuling: [Int]
    private var indices: [Key: Int] = [:]
    private(set) var entries: [Booking.Entry] = []

    init(batch: FlowBatch, rules: RuleSet) {
        self.batch = batch
        self.rules = rules
        vantage = Vantage(
            cluster: batch.source.cluster,
            node: batch.source.node,
            place: Place(region: batch.region, zone: batch.zone)
        )
        peerOfRuling = [Int](repeating: -1, count: rules.rulingCount * Initiator.allCases.count)
        // Several cgroups may be one owner, for instance the containers of a pod.
        var first: [Identity: Int] = [:]
        owners = batch.owners.enumerated()
            .map { index, owner in
                let identity = Identity(owner)
                if let known = first[identity] { return known }
                first[identity] = index
                return index
            }
    }

    mutating func add(_ flow: Flow) {
        let ruling = rules.ruling(remote: flow.remote, viaLoopback: flow.viaLoopback)
        let place = ruling * Initiator.allCases.count + Int(flow.initiator.rawValue)
        let known = peerOfRuling[place]
        let peer = known >= 0 ? known : number(ofRuling: ruling, initiator: flow.initiator, place: place)
        let key = Key(owner: owners[flow.owner], peer: peer)
        if let index = indices[key] {
            entries[index].counters += flow.counters
        } else {
            indices[key] = entries.count
            entries.append(Booking.Entry(series: series(of: key), counters: flow.counters))
        }
    }

    /// The number of the peer that a ruling, not seen before with this initiator in this batch, stands for.
    private mutating func number(ofRuling ruling: Int, initiator: Initiator, place: Int) -> Int {
        let verdict = rules.verdict(of: ruling, from: vantage)
        let peer = Peer(
            initiator: initiator,
            scope: verdict.scope,
            rule: verdict.rule,
            network: verdict.network,
            nat: verdict.route.nat(initiator: initiator)
        )
        let number = numbers[peer] ?? peers.count
        if number == peers.count {
            peers.append(peer)
            numbers[peer] = number
        }
        peerOfRuling[place] = number
        return number
    }

    private func series(of key: Key) -> SeriesKey {
        let peer = peers[key.peer]
        let owner = Identity(batch.owners[key.owner])
        return SeriesKey(
            cluster: batch.source.cluster,
            node: batch.source.node,
            region: batch.region,
            zone: batch.zone,
            ownerKind: owner.kind,
            namespace: owner.namespace,
            pod: owner.pod,
            podUID: owner.podUID,
            trafficClass: TrafficClass(initiator: peer.initiator, scope: peer.scope),
            network: peer.network,
            rule: peer.rule,
            nat: peer.nat
        )
    }

    /// The part of an owner that is a dimension of its series.
    private struct Identity: Hashable {
        var kind: Owner.Kind
        var namespace: String
        var pod: String
        var podUID: String

        /// An unattributed owner keeps only its reason, as the pod's name.
        init(_ owner: Owner) {
            kind = owner.kind
            pod = owner.pod
            namespace = owner.kind == .unattributed ? "" : owner.namespace
            podUID = owner.kind == .unattributed ? "" : owner.podUID
        }
    }
}
