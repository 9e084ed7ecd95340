// SPDX-License-Identifier: Apache-2.0
public import Classification
public import Ledger
import Traffic

extension SeriesKey {
    /// The series that this one's bytes belong to, now that `inventory` knows its pod, or its peer; `nil` if it does not.
    ///
    /// If the peer was not known, or how far away it is, that is judged now, by the objects and the rules of the time at
    /// which the bytes were counted; else both stay as they were judged then.
    ///
    /// - Parameters:
    ///   - rulebook: the rules of all times.
    ///   - minutes: the first and the last minute in which the bytes were counted, in seconds since 1970.
    public func reattributed(by inventory: Inventory, _ rulebook: Rulebook, minutes: ClosedRange<Int64>) -> SeriesKey? {
        guard let owner = owner(in: inventory) else { return nil }
        let told = Place(region: region, zone: zone)
        let vantage = PeerJudge.vantage(node, of: cluster, told: told, inventory)
        let question = peer.question
        // Where nothing was open and the place is known, all stays as it was judged then.
        let isPlaced = question == nil && !(region.isEmpty && zone.isEmpty)
        var side = OtherSide(
            initiator: trafficClass.initiator,
            scope: trafficClass.scope,
            rule: rule,
            network: network,
            nat: nat,
            peer: peer
        )
        if let question {
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
            side = judge.side(
                of: PeerJudge.Question(
                    remote: question.remote,
                    port: question.port,
                    initiator: trafficClass.initiator,
                    viaLoopback: false,
                    service: peer.service
                )
            )
        }
        return SeriesKey(
            cluster: cluster,
            node: node,
            region: isPlaced ? region : vantage.place.region ?? "",
            zone: isPlaced ? zone : vantage.place.zone ?? "",
            ownerKind: owner.kind,
            namespace: owner.namespace,
            pod: owner.pod,
            podUID: podUID,
            trafficClass: TrafficClass(initiator: side.initiator, scope: side.scope),
            network: side.network,
            rule: side.rule,
            nat: side.nat,
            workloadKind: owner.workload.kind,
            workload: owner.workload.name,
            peer: side.peer
        )
    }

    /// Whose the bytes are; `nil` if that cannot be said for good yet, or nothing is to be said anew.
    private func owner(
        in inventory: Inventory
    ) -> (kind: Owner.Kind, namespace: String, pod: String, workload: Workload)? {
        if awaitsItsPeer { return (ownerKind, namespace, pod, Workload(kind: workloadKind, name: workload)) }
        guard awaitsItsPod, let names = inventory.names(ofPod: podUID) else { return nil }
        // It happens once, so it waits until no more is to be told.
        guard names.isComplete || inventory.isComplete else { return nil }
        return (.pod, names.namespace, names.name, names.workload)
    }
}
