// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// The part of an owner that is a dimension of its series.
struct OwnerIdentity: Hashable {
    /// ``pod`` of a pod that the cluster has not told of.
    static let unknownPod = "pod-unknown"

    var kind: Owner.Kind
    var namespace: String
    var pod: String
    var podUID: String
    var workload: Workload?

    /// What is known of `owner`.
    ///
    /// An unattributed owner keeps only its reason, as the pod's name. A pod of which the cluster has not told yet is
    /// unattributed and keeps its UID, by which its bytes find it when it is told.
    ///
    /// - Parameter inventory: names pods; `nil` if the names that the agent found are to stay.
    init(_ owner: Owner, inventory: Inventory?) {
        kind = owner.kind
        pod = owner.pod
        namespace = owner.kind == .unattributed ? "" : owner.namespace
        podUID = owner.kind == .unattributed ? "" : owner.podUID
        guard owner.kind == .pod, let inventory else { return }
        if let names = inventory.names(ofPod: owner.podUID) {
            namespace = names.namespace
            pod = names.name
            workload = names.workload
        } else {
            kind = .unattributed
            namespace = ""
            pod = Self.unknownPod
        }
    }
}

extension OwnerIdentity {
    /// True if it is a pod of which the cluster has not told.
    var awaitsItsPod: Bool {
        kind == .unattributed && !podUID.isEmpty
    }
}

extension SeriesKey {
    /// The series that this one's bytes belong to, now that `inventory` knows its pod; `nil` if it does not.
    ///
    /// If the peer was not known either, or how far away it is, that is judged now, by the objects and the rules of the
    /// time at which the bytes were counted; else both stay as they were judged then.
    ///
    /// - Parameters:
    ///   - rulebook: the rules of all times.
    ///   - minutes: the first and the last minute in which the bytes were counted, in seconds since 1970.
    func reattributed(by inventory: Inventory, _ rulebook: Rulebook, minutes: ClosedRange<Int64>) -> SeriesKey? {
        guard awaitsItsPod, let names = inventory.names(ofPod: podUID) else { return nil }
        // It happens once, so it waits until no more is to be told.
        guard names.isComplete || inventory.isComplete else { return nil }
        var key = self
        key.ownerKind = .pod
        key.namespace = names.namespace
        key.pod = names.name
        key.workloadKind = names.workload.kind
        key.workload = names.workload.name
        let told = Place(region: region, zone: zone)
        let vantage = PeerJudge.vantage(node, of: cluster, told: told, inventory)
        if let question = peer.question {
            guard inventory.isComplete else { return nil }
            let interval = Interval(
                start: minutes.lowerBound * 1_000_000_000,
                end: (minutes.upperBound + 60) * 1_000_000_000
            )
            let judge = PeerJudge(
                rules: rulebook.rules(at: interval.start),
                inventory: inventory,
                vantage: vantage,
                interval: interval
            )
            key.take(
                judge.side(
                    of: PeerJudge.Question(
                        remote: question.remote,
                        port: question.port,
                        initiator: trafficClass.initiator,
                        viaLoopback: false,
                        service: peer.service
                    )
                )
            )
            (key.region, key.zone) = (vantage.place.region ?? "", vantage.place.zone ?? "")
        } else if key.region.isEmpty, key.zone.isEmpty {
            (key.region, key.zone) = (vantage.place.region ?? "", vantage.place.zone ?? "")
        }
        return key
    }

    private mutating func take(_ side: OtherSide) {
        trafficClass = TrafficClass(initiator: side.initiator, scope: side.scope)
        (network, rule, nat, peer) = (side.network, side.rule, side.nat, side.peer)
    }
}
