// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Who the remote side of a flow is, by what the cluster knows of its addresses.
public struct ClusterPeer: Hashable, Sendable {
    /// What it is.
    public var kind: PeerKind
    /// Its namespace; empty for a node.
    public var namespace: String
    /// The name of its workload, or of the service; empty for a node.
    public var workload: String
    /// The zone that it is in; empty if that is not known.
    public var zone: String
    /// The region that it is in; empty if that is not known.
    public var region: String
    /// How far it is from the node that asked; `nil` if the rules for its address are to say.
    public var scope: Scope?
    /// How it is known.
    public var resolution: PeerResolution

    /// The name of the rule by which the cluster's knowledge decides the scope.
    public var rule: String {
        // Literals, because it is asked for every series of every batch.
        switch kind {
        case .pod: "kubernetes:pod"
        case .node: "kubernetes:node"
        case .service: "kubernetes:service"
        case .endpoint: "kubernetes:endpoint"
        case .external: "kubernetes:external"
        case .unknown: "kubernetes:unknown"
        }
    }

    /// A peer of these values.
    public init(
        kind: PeerKind,
        namespace: String = "",
        workload: String = "",
        zone: String = "",
        region: String = "",
        scope: Scope?,
        resolution: PeerResolution = .address
    ) {
        self.kind = kind
        self.namespace = namespace
        self.workload = workload
        self.zone = zone
        self.region = region
        self.scope = scope
        self.resolution = resolution
    }
}
