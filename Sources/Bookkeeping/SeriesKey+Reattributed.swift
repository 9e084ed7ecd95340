// SPDX-License-Identifier: Apache-2.0
public import Classification
public import Ledger
import Traffic

extension SeriesKey {
    /// The series that this one's bytes belong to, now that `inventory` knows its pod; `nil` if it does not.
    ///
    /// If the peer was not known either, or how far away it is, that is judged now, by the objects and the rules of the
    /// time at which the bytes were counted; else both stay as they were judged then.
    ///
    /// - Parameters:
    ///   - rulebook: the rules of all times.
    ///   - minutes: the first and the last minute in which the bytes were counted, in seconds since 1970.
    public func reattributed(by inventory: Inventory, _ rulebook: Rulebook, minutes: ClosedRange<Int64>) -> SeriesKey? {
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
