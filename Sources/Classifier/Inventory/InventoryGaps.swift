// SPDX-License-Identifier: Apache-2.0
import Ledger
import Synchronization
import Traffic

/// What the inventory does not know, and how many bytes were booked with less because of it, since the program started.
final class InventoryGaps: Sendable {
    /// Something that is not known.
    enum Gap: String, CaseIterable, Sendable {
        /// A pod's UID: its bytes are unattributed.
        case unknownPod = "unknown_pod"
        /// The zone of the node that counted the bytes.
        case nodeWithoutZone = "node_without_zone"
        /// The zone of the peer, a pod or a node.
        case peerWithoutZone = "peer_without_zone"
        /// Which of two pods an address belongs to.
        case sharedAddress = "shared_address"
        /// Whether a node answered at its address, or which of the pods in its network.
        case nodeAddress = "node_address"
        /// Which endpoint of a service was chosen, where it matters for the scope.
        case unresolvedService = "unresolved_service"
        /// Whose a private address is.
        case unclaimedAddress = "unclaimed_address"
        /// What the cluster's API would have told of a pod or a peer, had it answered.
        case unreachableAPI = "unreachable_api"
        /// A peer that the cluster could not tell of, and that is not asked for later: too many wait already.
        case forgottenPeer = "forgotten_peer"
        /// The node that counted the bytes: the cluster has none of its name.
        case unknownNode = "unknown_node"
        /// Who had an address at a time that a jump of the clock passed over, or told twice.
        case clockJump = "clock_jump"

        /// True if it is a matter of all bytes of a batch, or may be.
        fileprivate var isOfBatches: Bool {
            switch self {
            case .unreachableAPI, .forgottenPeer, .unknownNode, .clockJump: true
            default: false
            }
        }

        /// True if bytes of `series` were booked with less because of it.
        fileprivate func affects(_ series: SeriesKey) -> Bool {
            switch self {
            case .unknownPod: series.awaitsItsPod
            case .nodeWithoutZone: series.zone.isEmpty
            case .peerWithoutZone:
                (series.peer.kind == .pod || series.peer.kind == .node) && series.peer.zone.isEmpty
                    && series.peer.resolution != .ambiguous
            case .sharedAddress: series.peer.resolution == .ambiguous
            case .nodeAddress: series.peer.kind == .node
            case .unresolvedService: series.peer.resolution == .service && series.trafficClass.scope == .unknown
            case .unclaimedAddress: series.peer.kind == .external && series.trafficClass.scope == .unknown
            case .unreachableAPI: series.awaitsItsPod || series.peer.kind == .unknown
            case .forgottenPeer:
                series.peer.kind == .unknown && series.peer.workload.isEmpty && series.trafficClass.scope != .loopback
            case .unknownNode, .clockJump: true
            }
        }
    }

    private let bytes = Mutex<[Gap: UInt64]>([:])
    private let foreign = Mutex<[String: UInt64]>([:])

    /// Bytes in both directions by what was not known.
    var snapshot: [Gap: UInt64] {
        bytes.withLock { $0 }
    }

    /// Bytes in both directions of clusters of which there is no inventory, by cluster.
    var foreignClusters: [String: UInt64] {
        foreign.withLock { $0 }
    }

    /// Counts what `booking`, which was applied, holds.
    ///
    /// - Parameters:
    ///   - cluster: the cluster whose inventory is kept.
    ///   - doubts: what was not known when it was classified, of those gaps that are of whole batches.
    func count(_ booking: Booking, cluster: String, doubts: Set<Gap> = []) {
        guard booking.source.cluster == cluster else {
            // A pod without a namespace has no name but its UID.
            let nameless = booking.entries.filter { $0.series.ownerKind == .pod && $0.series.namespace.isEmpty }
            let sum = nameless.reduce(0) { $0 + $1.counters.bytes }
            if sum > 0 { foreign.withLock { $0[booking.source.cluster, default: 0] += sum } }
            return
        }
        var sums: [Gap: UInt64] = [:]
        for entry in booking.entries {
            for gap in Gap.allCases where gap.affects(entry.series) && (!gap.isOfBatches || doubts.contains(gap)) {
                sums[gap, default: 0] += entry.counters.bytes
            }
        }
        bytes.withLock { $0.merge(sums, uniquingKeysWith: +) }
    }
}

extension FlowCounters {
    /// Bytes in both directions.
    fileprivate var bytes: UInt64 {
        egressBytes + ingressBytes
    }
}
