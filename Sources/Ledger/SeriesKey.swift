// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// The dimensions of a series: everything that is known of a flow and worth keeping for years.
///
/// An empty string means unknown or not applicable.
public struct SeriesKey: Hashable, Sendable {
    /// The cluster the agent reported.
    public var cluster: String
    /// The node whose kernel counted the bytes.
    public var node: String
    /// The node's region.
    public var region: String
    /// The node's zone.
    public var zone: String
    /// How the owner was recognised.
    public var ownerKind: Owner.Kind
    /// Namespace, slice, container runtime or parent cgroup.
    public var namespace: String
    /// Pod, unit, container or last component of the cgroup's path.
    public var pod: String
    /// The Kubernetes pod UID.
    public var podUID: String
    /// Who started the flow, and how far it went.
    public var trafficClass: TrafficClass
    /// The named network the peer is in.
    public var network: String
    /// The rule that decided scope and network.
    public var rule: String
    /// Whether the bytes pass a NAT gateway.
    public var nat: NATUse

    /// A series with these dimensions.
    public init(
        cluster: String,
        node: String,
        region: String = "",
        zone: String = "",
        ownerKind: Owner.Kind,
        namespace: String,
        pod: String,
        podUID: String = "",
        trafficClass: TrafficClass,
        network: String = "",
        rule: String,
        nat: NATUse = .no
    ) {
        self.cluster = cluster
        self.node = node
        self.region = region
        self.zone = zone
        self.ownerKind = ownerKind
        self.namespace = namespace
        self.pod = pod
        self.podUID = podUID
        self.trafficClass = trafficClass
        self.network = network
        self.rule = rule
        self.nat = nat
    }
}
