// SPDX-License-Identifier: Apache-2.0
import Synchronization
public import Traffic

/// The dimensions of a series: everything that is known of a flow and worth keeping for years.
///
/// An empty string means unknown or not applicable.
///
/// A series is made once and shared by all who speak of it: those who meet it again compare one pointer instead
/// of a dozen strings.
public final class SeriesKey: Sendable {
    /// The cluster the agent reported.
    public let cluster: String
    /// The node whose kernel counted the bytes.
    public let node: String
    /// The node's region.
    public let region: String
    /// The node's zone.
    public let zone: String
    /// How the owner was recognised.
    public let ownerKind: Owner.Kind
    /// Namespace, slice, container runtime or parent cgroup.
    public let namespace: String
    /// Pod, unit, container or last component of the cgroup's path.
    public let pod: String
    /// The Kubernetes pod UID.
    public let podUID: String
    /// Who started the flow, and how far it went.
    public let trafficClass: TrafficClass
    /// The named network the peer is in.
    public let network: String
    /// The rule that decided scope and network.
    public let rule: String
    /// Whether the bytes pass a NAT gateway.
    public let nat: NATUse
    /// Kind of the owner's workload.
    public let workloadKind: String
    /// Name of the owner's workload.
    public let workload: String
    /// Who the other side is.
    public let peer: Peer
    /// The hash of all of these.
    private let digest: Int
    /// Its id in the ledger that met it last; see ``LedgerState/id(of:)``.
    let lastID = Atomic<UInt64>(0)

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
        /// The region that it is in.
        public var region: String
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
            region: String = "",
            resolution: PeerResolution
        ) {
            self.kind = kind
            self.namespace = namespace
            self.workload = workload
            self.zone = zone
            self.region = region
            self.resolution = resolution
        }
    }

    /// True if the bytes are somebody's who is known only by UID so far: ``Ledger/reattribute(_:)`` can move them.
    public var awaitsItsPod: Bool {
        ownerKind == .unattributed && !podUID.isEmpty
    }

    /// True if the owner is known and the other side is still to be asked for.
    ///
    /// The peer's workload keeps the question; ``Ledger/reattribute(_:)`` can move the bytes when it is answered.
    public var awaitsItsPeer: Bool {
        peer.kind == .unknown && !peer.workload.isEmpty && !awaitsItsPod
    }

    /// True if the bytes can be moved when more is known.
    var isProvisional: Bool {
        awaitsItsPod || awaitsItsPeer
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
        var hasher = Hasher()
        for name in [cluster, node, region, zone, namespace, pod, podUID, network, rule, workloadKind, workload] {
            hasher.combine(name)
        }
        hasher.combine(ownerKind)
        hasher.combine(trafficClass)
        hasher.combine(nat)
        hasher.combine(peer)
        digest = hasher.finalize()
    }

    /// The same series, but for what is given.
    public func with(
        ownerKind: Owner.Kind,
        namespace: String? = nil,
        pod: String? = nil,
        podUID: String? = nil,
        workloadKind: String? = nil,
        workload: String? = nil,
        place: (region: String, zone: String)? = nil
    ) -> SeriesKey {
        SeriesKey(
            cluster: cluster,
            node: node,
            region: place?.region ?? region,
            zone: place?.zone ?? zone,
            ownerKind: ownerKind,
            namespace: namespace ?? self.namespace,
            pod: pod ?? self.pod,
            podUID: podUID ?? self.podUID,
            trafficClass: trafficClass,
            network: network,
            rule: rule,
            nat: nat,
            workloadKind: workloadKind ?? self.workloadKind,
            workload: workload ?? self.workload,
            peer: peer
        )
    }
}

extension SeriesKey: Hashable {
    /// True if all dimensions are equal.
    public static func == (left: SeriesKey, right: SeriesKey) -> Bool {
        if left === right { return true }
        return left.digest == right.digest && left.pod == right.pod && left.podUID == right.podUID
            && left.trafficClass == right.trafficClass && left.peer == right.peer && left.node == right.node
            && left.namespace == right.namespace && left.ownerKind == right.ownerKind && left.rule == right.rule
            && left.network == right.network && left.nat == right.nat && left.cluster == right.cluster
            && left.region == right.region && left.zone == right.zone && left.workloadKind == right.workloadKind
            && left.workload == right.workload
    }

    /// Adds what was worked out when the series was made.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(digest)
    }
}
