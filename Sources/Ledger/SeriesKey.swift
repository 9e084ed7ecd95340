// SPDX-License-Identifier: Apache-2.0
import Synchronization
public import Traffic

/// The dimensions of a series: everything that is known of a flow and worth keeping for years.
///
/// An empty string means unknown or not applicable.
///
/// A series is made once and shared by all who speak of it: those who meet it again compare one pointer instead
/// of a dozen strings. What it says of either side it shares with the other series of that side, so that a million of
/// them take little more than their pointers.
public final class SeriesKey: Sendable {
    /// What it says of the metered side.
    public let local: Local
    /// What it says of the other side, and of who started the flow.
    public let remote: Remote
    /// The hash of both.
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

    /// The series of the flows between two sides.
    public init(local: Local, remote: Remote) {
        self.local = local
        self.remote = remote
        var hasher = Hasher()
        hasher.combine(local)
        hasher.combine(remote)
        digest = hasher.finalize()
    }

    /// A series with these dimensions.
    public convenience init(
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
        self.init(
            local: Local(
                cluster: cluster,
                node: node,
                region: region,
                zone: zone,
                ownerKind: ownerKind,
                namespace: namespace,
                pod: pod,
                podUID: podUID,
                workloadKind: workloadKind,
                workload: workload
            ),
            remote: Remote(trafficClass: trafficClass, network: network, rule: rule, nat: nat, peer: peer)
        )
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
            local: Local(
                cluster: cluster,
                node: node,
                region: place?.region ?? region,
                zone: place?.zone ?? zone,
                ownerKind: ownerKind,
                namespace: namespace ?? self.namespace,
                pod: pod ?? self.pod,
                podUID: podUID ?? self.podUID,
                workloadKind: workloadKind ?? self.workloadKind,
                workload: workload ?? self.workload
            ),
            remote: remote
        )
    }
}

extension SeriesKey: Hashable {
    /// True if all dimensions are equal.
    public static func == (left: SeriesKey, right: SeriesKey) -> Bool {
        if left === right { return true }
        return left.digest == right.digest && left.local == right.local && left.remote == right.remote
    }

    /// Adds what was worked out when the series was made.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(digest)
    }
}
