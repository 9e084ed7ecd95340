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
        /// Which endpoint of a service was chosen, where it matters for the scope.
        case unresolvedService = "unresolved_service"
        /// Whose a private address is.
        case unclaimedAddress = "unclaimed_address"

        /// True if bytes of `series` were booked with less because of it.
        fileprivate func affects(_ series: SeriesKey) -> Bool {
            switch self {
            case .unknownPod: series.awaitsItsPod
            case .nodeWithoutZone: series.zone.isEmpty
            case .peerWithoutZone:
                (series.peer.kind == .pod || series.peer.kind == .node) && series.peer.zone.isEmpty
                    && series.peer.resolution != .ambiguous
            case .sharedAddress: series.peer.resolution == .ambiguous
            case .unresolvedService: series.peer.resolution == .service && series.trafficClass.scope == .unknown
            case .unclaimedAddress: series.peer.kind == .external && series.trafficClass.scope == .unknown
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
    /// - Parameter cluster: the cluster whose inventory is kept.
    func count(_ booking: Booking, cluster: String) {
        guard booking.source.cluster == cluster else {
            // A pod without a namespace has no name but its UID.
            let nameless = booking.entries.filter { $0.series.ownerKind == .pod && $0.series.namespace.isEmpty }
            let sum = nameless.reduce(0) { $0 + $1.counters.bytes }
            if sum > 0 { foreign.withLock { $0[booking.source.cluster, default: 0] += sum } }
            return
        }
        var sums: [Gap: UInt64] = [:]
        for entry in booking.entries {
            for gap in Gap.allCases where gap.affects(entry.series) { sums[gap, default: 0] += entry.counters.bytes }
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
