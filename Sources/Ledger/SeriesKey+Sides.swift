// SPDX-License-Identifier: Apache-2.0
public import Traffic

extension SeriesKey {
    /// What a series says of the side whose bytes were counted: its owner, and where it stands.
    public final class Local: Sendable {
        let cluster: String
        let node: String
        let region: String
        let zone: String
        let ownerKind: Owner.Kind
        let namespace: String
        let pod: String
        let podUID: String
        let workloadKind: String
        let workload: String
        /// The hash of all of these.
        private let digest: Int

        /// A side with these dimensions.
        public init(
            cluster: String,
            node: String,
            region: String,
            zone: String,
            ownerKind: Owner.Kind,
            namespace: String,
            pod: String,
            podUID: String,
            workloadKind: String,
            workload: String
        ) {
            self.cluster = cluster
            self.node = node
            self.region = region
            self.zone = zone
            self.ownerKind = ownerKind
            self.namespace = namespace
            self.pod = pod
            self.podUID = podUID
            self.workloadKind = workloadKind
            self.workload = workload
            var hasher = Hasher()
            for name in [cluster, node, region, zone, namespace, pod, podUID, workloadKind, workload] {
                hasher.combine(name)
            }
            hasher.combine(ownerKind)
            digest = hasher.finalize()
        }
    }

    /// What a series says of the other side of its flows, and of who started them.
    public final class Remote: Sendable {
        let trafficClass: TrafficClass
        let network: String
        let rule: String
        let nat: NATUse
        let peer: Peer
        /// The hash of all of these.
        private let digest: Int

        /// A side with these dimensions.
        public init(trafficClass: TrafficClass, network: String, rule: String, nat: NATUse, peer: Peer) {
            self.trafficClass = trafficClass
            self.network = network
            self.rule = rule
            self.nat = nat
            self.peer = peer
            var hasher = Hasher()
            hasher.combine(trafficClass)
            hasher.combine(network)
            hasher.combine(rule)
            hasher.combine(nat)
            hasher.combine(peer)
            digest = hasher.finalize()
        }
    }

    /// The cluster the agent reported.
    public var cluster: String { local.cluster }
    /// The node whose kernel counted the bytes.
    public var node: String { local.node }
    /// The node's region.
    public var region: String { local.region }
    /// The node's zone.
    public var zone: String { local.zone }
    /// How the owner was recognised.
    public var ownerKind: Owner.Kind { local.ownerKind }
    /// Namespace, slice, container runtime or parent cgroup.
    public var namespace: String { local.namespace }
    /// Pod, unit, container or last component of the cgroup's path.
    public var pod: String { local.pod }
    /// The Kubernetes pod UID.
    public var podUID: String { local.podUID }
    /// Kind of the owner's workload.
    public var workloadKind: String { local.workloadKind }
    /// Name of the owner's workload.
    public var workload: String { local.workload }
    /// Who started the flow, and how far it went.
    public var trafficClass: TrafficClass { remote.trafficClass }
    /// The named network the peer is in.
    public var network: String { remote.network }
    /// The rule that decided scope and network.
    public var rule: String { remote.rule }
    /// Whether the bytes pass a NAT gateway.
    public var nat: NATUse { remote.nat }
    /// Who the other side is.
    public var peer: Peer { remote.peer }
}

extension SeriesKey.Local: Hashable {
    /// True if all dimensions are equal.
    public static func == (left: SeriesKey.Local, right: SeriesKey.Local) -> Bool {
        if left === right { return true }
        return left.digest == right.digest && left.pod == right.pod && left.podUID == right.podUID
            && left.node == right.node && left.namespace == right.namespace && left.ownerKind == right.ownerKind
            && left.cluster == right.cluster && left.region == right.region && left.zone == right.zone
            && left.workloadKind == right.workloadKind && left.workload == right.workload
    }

    /// Adds what was worked out when the side was made.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(digest)
    }
}

extension SeriesKey.Remote: Hashable {
    /// True if all dimensions are equal.
    public static func == (left: SeriesKey.Remote, right: SeriesKey.Remote) -> Bool {
        if left === right { return true }
        return left.digest == right.digest && left.trafficClass == right.trafficClass && left.peer == right.peer
            && left.rule == right.rule && left.network == right.network && left.nat == right.nat
    }

    /// Adds what was worked out when the side was made.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(digest)
    }
}
