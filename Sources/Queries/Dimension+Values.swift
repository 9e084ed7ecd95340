// SPDX-License-Identifier: Apache-2.0
import Traffic

extension Dimension {
    /// All values the dimension can have, or `nil` if they are names that nobody can list.
    public var values: [String]? {
        switch self {
        case .ownerKind: Owner.Kind.allCases.map(\.name)
        case .initiator: Initiator.allCases.map(\.name)
        case .scope: Scope.allCases.map(\.rawValue)
        case .nat: NATUse.allCases.map(\.rawValue)
        case .peerKind: PeerKind.allCases.map(\.rawValue)
        case .resolution: PeerResolution.allCases.map(\.rawValue)
        case .cluster, .node, .region, .zone, .namespace, .pod, .podUID, .network, .rule, .workloadKind, .workload,
            .peerNamespace, .peerWorkload, .peerZone, .peerRegion:
            nil
        }
    }

    /// Refuses filter values that no row can have, which would answer zero to a typing mistake.
    func check(_ filter: [String]) throws(QueryError) {
        guard let values else { return }
        for value in filter where !values.contains(value) {
            throw QueryError(
                parameter: rawValue,
                detail: "\(QueryError.quoted(value)) is not accepted; choose from \(values.joined(separator: ", "))"
            )
        }
    }
}
