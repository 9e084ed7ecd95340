// SPDX-License-Identifier: Apache-2.0

/// A property of booked bytes that a query can group by and filter on.
///
/// The raw value is its name everywhere: in query parameters, JSON, CSV headers and the ledger's columns.
public enum Dimension: String, Hashable, Sendable, CaseIterable {
    /// The cluster the agent reported.
    case cluster
    /// The node whose kernel counted the bytes.
    case node
    /// The node's region; empty if unknown.
    case region
    /// The node's zone; empty if unknown.
    case zone
    /// How the owner was recognised: pod, unit, container, cgroup or unattributed.
    case ownerKind = "owner_kind"
    /// Namespace, slice, container runtime or parent cgroup.
    case namespace
    /// Pod, unit, container or last component of the cgroup's path.
    case pod
    /// The Kubernetes pod UID; empty off Kubernetes.
    case podUID = "pod_uid"
    /// Who started the flow: pod, remote or unknown.
    case initiator
    /// How far the flow went; the names of `Traffic.Scope`.
    case scope
    /// The named network the peer is in, or empty.
    case network
    /// The rule that decided scope and network.
    case rule
    /// Whether the bytes pass a NAT gateway: the names of `Traffic.NATUse`.
    case nat
    /// Kind of the owner's workload, such as Deployment; empty off Kubernetes.
    case workloadKind = "workload_kind"
    /// Name of the owner's workload; empty off Kubernetes.
    case workload
    /// What the peer is: the names of `Traffic.PeerKind`.
    case peerKind = "peer_kind"
    /// Namespace of the peer, or empty.
    case peerNamespace = "peer_namespace"
    /// Name of the peer's workload or of the service, or empty.
    case peerWorkload = "peer_workload"
    /// Zone of the peer; empty if unknown.
    case peerZone = "peer_zone"
    /// How the peer is known: the names of `Traffic.PeerResolution`.
    case resolution
    /// Region of the peer; empty if unknown.
    case peerRegion = "peer_region"
}
