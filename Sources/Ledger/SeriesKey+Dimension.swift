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
        }
    }

    /// The series whose dimensions have the values that `value` gives, or `nil` if a kind, initiator, scope or NAT use is
    /// not a known name.
    init?(_ value: (Dimension) -> String) {
        let kindName = value(.ownerKind)
        guard
            let ownerKind = Owner.Kind.allCases.first(where: { $0.name == kindName }),
            let initiator = Initiator(name: value(.initiator)),
            let scope = Scope(rawValue: value(.scope)),
            let nat = NATUse(rawValue: value(.nat))
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
            nat: nat
        )
    }
}
