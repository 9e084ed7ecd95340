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
}
