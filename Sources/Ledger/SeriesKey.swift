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
    /// Kind of the owner's workload.
    public var workloadKind: String
    /// Name of the owner's workload.
    public var workload: String
    /// Who the other side is.
    public var peer: Peer

    /// Who the other side of a flow is.
    public struct Peer: Hashable, Sendable {
        /// What it is.
        public var kind: PeerKind
        /// Its namespace.
        public var namespace: String
        /// The name of its workload, or of the service.
        public var workload: String
        /// The zone that it is in.
        public var zone: String
        /// How it is known.
        public var resolution: PeerResolution

        /// Nobody that is known.
        public static let unknown = Peer(kind: .unknown, resolution: .none)

        /// A peer of these values.
        public init(
            kind: PeerKind,
            namespace: String = "",
            workload: String = "",
            zone: String = "",
            resolution: PeerResolution
        ) {
            self.kind = kind
            self.namespace = namespace
            self.workload = workload
            self.zone = zone
            self.resolution = resolution
        }
    }

    /// True if the bytes are somebody's who is known only by UID so far: ``Ledger/reattribute(_:)`` can move them.
    public var awaitsItsPod: Bool {
        ownerKind == .unattributed && !podUID.isEmpty
    }

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
        nat: NATUse = .no,
        workloadKind: String = "",
        workload: String = "",
        peer: Peer = .unknown
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
        self.workloadKind = workloadKind
        self.workload = workload
        self.peer = peer
    }
}
