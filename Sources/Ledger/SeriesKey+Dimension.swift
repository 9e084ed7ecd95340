// SPDX-License-Identifier: Apache-2.0
public import Queries
import Traffic

extension SeriesKey {
    /// The value of `dimension` as it stands in answers and in the ledger's columns.
    public subscript(dimension: Dimension) -> String {
        switch dimension {
        case .cluster: cluster
        case .node: node
        case .region: region
        case .zone: zone
        case .ownerKind: ownerKind.name
        case .namespace: namespace
        case .pod: pod
        case .podUID: podUID
        case .initiator: trafficClass.initiator.name
        case .scope: trafficClass.scope.rawValue
        case .network: network
        case .rule: rule
        case .nat: nat.rawValue
        case .workloadKind: workloadKind
        case .workload: workload
        case .peerKind: peer.kind.rawValue
        case .peerNamespace: peer.namespace
        case .peerWorkload: peer.workload
        case .peerZone: peer.zone
        case .resolution: peer.resolution.rawValue
        case .peerRegion: peer.region
        }
    }

    /// The series whose dimensions have the values that `value` gives, or `nil` if one that has few values has another.
    convenience init?(_ value: (Dimension) -> String) {
        let kindName = value(.ownerKind)
        guard
            let ownerKind = Owner.Kind.allCases.first(where: { $0.name == kindName }),
            let initiator = Initiator(name: value(.initiator)),
            let scope = Scope(rawValue: value(.scope)),
            let nat = NATUse(rawValue: value(.nat)),
            let peerKind = PeerKind(rawValue: value(.peerKind)),
            let resolution = PeerResolution(rawValue: value(.resolution))
        else { return nil }
        self.init(
            cluster: value(.cluster),
            node: value(.node),
            region: value(.region),
            zone: value(.zone),
            ownerKind: ownerKind,
            namespace: value(.namespace),
            pod: value(.pod),
            podUID: value(.podUID),
            trafficClass: TrafficClass(initiator: initiator, scope: scope),
            network: value(.network),
            rule: value(.rule),
            nat: nat,
            workloadKind: value(.workloadKind),
            workload: value(.workload),
            peer: Peer(
                kind: peerKind,
                namespace: value(.peerNamespace),
                workload: value(.peerWorkload),
                zone: value(.peerZone),
                region: value(.peerRegion),
                resolution: resolution
            )
        )
    }
}

extension SeriesKey: CustomStringConvertible {
    /// The dimensions that have a value.
    public var description: String {
        Dimension.allCases.filter { !self[$0].isEmpty }.map { "\($0.rawValue)=\(self[$0])" }.joined(separator: " ")
    }
}
