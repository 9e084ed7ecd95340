// SPDX-License-Identifier: Apache-2.0
import Classification
import Foundation
import Kubernetes
import Ledger
import Queries
import Traffic

extension InventoryReport {
    /// What `feed` knows and does not know.
    ///
    /// - Parameters:
    ///   - nodes: the sources of batches that the ledger knows.
    ///   - unattributed: what waits, or waited, for its pod.
    ///   - unjudged: what waits, or waited, for its other side only.
    ///   - clock: the time of day.
    init(
        _ feed: InventoryFeed,
        nodes: [LedgerStatus.Node],
        unattributed: WaitingTotals,
        unjudged: WaitingTotals,
        clock: WallClock
    ) {
        let inventory = feed.live.snapshot
        self.init(
            cluster: feed.live.cluster,
            isSynced: feed.isSynced,
            residentBytes: Self.residentBytes,
            collections: Self.collections(feed.statuses, inventory.counts, feed.presentObjects),
            unattributed: unattributed.left,
            reattributed: unattributed.moved,
            findings: []
        )
        let bytes = feed.gaps.snapshot
        findings = Self.connection(feed) + Self.pods(inventory, unattributed, bytes, clock)
        findings += Self.peers(unattributed, unjudged, bytes, limit: feed.mostQuestions)
        findings += Self.nodes(inventory, bytes, sources: nodes, cluster: cluster, now: clock.seconds)
        findings += Self.addresses(inventory, bytes, clock) + Self.clusters(feed) + Self.clock(feed)
    }

    /// Memory of this process.
    private static var residentBytes: UInt64 {
        // Without /proc it is not known.
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = UInt64(fields[1]) else { return 0 }
        return pages * UInt64(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func collections(
        _ statuses: [FollowStatus],
        _ counts: Inventory.Counts,
        _ present: [String: Int]
    ) -> [Collection] {
        let objects = [
            "pods": counts.pods, "nodes": counts.nodes, "services": counts.services,
            "endpointslices": counts.endpointSlices,
        ]
        return statuses.map { status in
            Collection(
                name: status.resource,
                phase: status.phase.rawValue,
                isSynced: status.isSynced,
                objects: objects[status.resource] ?? present[status.resource] ?? 0,
                lastProgress: status.lastProgress,
                error: (status.isFollowing ? nil : status.failure?.message) ?? status.lastRejection
            )
        }
    }

    private static func connection(_ feed: InventoryFeed) -> [Finding] {
        let failed = feed.statuses.filter { !$0.isFollowing }
        guard let failure = failed.first?.failure else { return [] }
        return [
            Finding(
                problem: "api_unreachable",
                detail:
                    "The cluster's API, \(feed.server), does not tell of changes: \(failure.message) Batches are booked all the same; "
                    + "bytes of pods that are not known wait as unattributed, and find their pods when it answers, as do "
                    + "bytes of pods that are known whose other side is not.",
                count: failed.count,
                examples: failed.map(\.resource),
                bytes: feed.gaps.snapshot[.unreachableAPI] ?? 0
            )
        ]
    }

    private static func pods(
        _ inventory: Inventory,
        _ unattributed: WaitingTotals,
        _ bytes: [InventoryGaps.Gap: UInt64],
        _ clock: WallClock
    ) -> [Finding] {
        var findings: [Finding] = []
        if unattributed.waitingSeries > 0 {
            findings.append(
                Finding(
                    problem: "unknown_pods",
                    detail:
                        "Bytes were booked to pods of which the cluster has not told; they are unattributed until it does. "
                        + "If that lasts, they are of pods that were gone before this program saw them, or of a cluster that "
                        + "it does not know.",
                    count: unattributed.waitingSeries,
                    bytes: unattributed.left.egressBytes + unattributed.left.ingressBytes
                )
            )
        }
        let without = inventory.podsWithoutAddress(at: clock.now())
        if !without.isEmpty {
            findings.append(
                Finding(
                    problem: "pods_without_address",
                    detail:
                        "Their node accepted these pods more than a minute ago, and their status shows no address: what "
                        + "others exchange with them has no known peer. See what the network plugin says.",
                    count: without.count,
                    examples: without,
                    bytes: bytes[.unclaimedAddress] ?? 0
                )
            )
        }
        return findings
    }

    /// What waits for its other side, and what does not because too much waits already.
    private static func peers(
        _ unattributed: WaitingTotals,
        _ unjudged: WaitingTotals,
        _ bytes: [InventoryGaps.Gap: UInt64],
        limit: Int
    ) -> [Finding] {
        var findings: [Finding] = []
        if unjudged.waitingSeries > 0 {
            findings.append(
                Finding(
                    problem: "unknown_peers",
                    detail:
                        "Bytes of known pods were booked while the cluster could not tell who the other side is. They are "
                        + "judged when it can; until then peer_workload is the other side's address.",
                    count: unjudged.waitingSeries,
                    bytes: unjudged.left.egressBytes + unjudged.left.ingressBytes
                )
            )
        }
        if let forgotten = bytes[.forgottenPeer], forgotten > 0 {
            findings.append(
                Finding(
                    problem: "forgotten_peers",
                    detail:
                        "\(limit) series or more waited for the cluster's word, so the other side of these bytes is not asked "
                        + "for later and stays unknown; their pods are found all the same. See kubernetes-questions.",
                    count: unattributed.waitingSeries + unjudged.waitingSeries,
                    bytes: forgotten
                )
            )
        }
        return findings
    }

    private static func nodes(
        _ inventory: Inventory,
        _ bytes: [InventoryGaps.Gap: UInt64],
        sources: [LedgerStatus.Node],
        cluster: String,
        now: Int64
    ) -> [Finding] {
        var findings: [Finding] = []
        let unlabelled = inventory.nodesWithoutZone
        let unplaced = (bytes[.nodeWithoutZone] ?? 0) + (bytes[.peerWithoutZone] ?? 0)
        if !unlabelled.isEmpty || unplaced > 0 {
            findings.append(
                Finding(
                    problem: "nodes_without_zone",
                    detail:
                        "These nodes have no label topology.kubernetes.io/zone, or had none: how far their bytes went is "
                        + "unknown. Label them, or place their addresses by direct-classification.",
                    count: unlabelled.count,
                    examples: unlabelled,
                    bytes: unplaced
                )
            )
        }
        guard inventory.isComplete else { return findings }
        let recent = sources.filter { $0.source.cluster == cluster && now - $0.lastSeen < 900 }
        let missing = Set(recent.map(\.source.node).filter { !inventory.isPresent(node: $0) }).sorted()
        if !missing.isEmpty {
            findings.append(
                Finding(
                    problem: "unknown_nodes",
                    detail:
                        "Agents send batches for these nodes, and the cluster has no such nodes: they are gone, or their "
                        + "agents' --node is not the node's name. Where they stand is what the agents say, if they do.",
                    count: missing.count,
                    examples: missing,
                    bytes: bytes[.unknownNode] ?? 0
                )
            )
        }
        return findings
    }

    private static func addresses(
        _ inventory: Inventory,
        _ bytes: [InventoryGaps.Gap: UInt64],
        _ clock: WallClock
    ) -> [Finding] {
        var findings: [Finding] = []
        let conflicts = inventory.addressConflicts(at: clock.now())
        if !conflicts.isEmpty || bytes[.sharedAddress] != nil {
            findings.append(
                Finding(
                    problem: "shared_addresses",
                    detail:
                        "Two pods claim one address for longer than a minute, so only what holds for both is booked of the "
                        + "peer. See which of them the network plugin gave it to.",
                    count: conflicts.count,
                    examples: conflicts.map { "\($0.address): \($0.pods.joined(separator: ", "))" },
                    bytes: bytes[.sharedAddress] ?? 0
                )
            )
        }
        let guests = inventory.podsInNodesNetworks
        if let shared = bytes[.nodeAddress], !guests.isEmpty {
            findings.append(
                Finding(
                    problem: "pods_at_node_addresses",
                    detail:
                        "These pods are in their node's network and have its address. Bytes that others exchanged with it are "
                        + "the node's, unless an EndpointSlice says which port is a pod's; what the pods sent themselves is "
                        + "theirs.",
                    count: guests.count,
                    examples: guests,
                    bytes: shared
                )
            )
        }
        if let unresolved = bytes[.unresolvedService] {
            findings.append(
                Finding(
                    problem: "unresolved_services",
                    detail:
                        "The agents did not say which endpoint of a service was chosen, and its endpoints are not all as "
                        + "far: the scope of these bytes is unknown.",
                    bytes: unresolved
                )
            )
        }
        if let unclaimed = bytes[.unclaimedAddress] {
            findings.append(
                Finding(
                    problem: "unclaimed_addresses",
                    detail:
                        "Bytes went to private addresses that no object of the cluster has and no rule places: machines "
                        + "beside the cluster as a rule. Name them under networks, with their region and zone.",
                    bytes: unclaimed
                )
            )
        }
        return findings
    }

    private static func clusters(_ feed: InventoryFeed) -> [Finding] {
        let foreign = feed.gaps.foreignClusters
        guard !foreign.isEmpty else { return [] }
        return [
            Finding(
                problem: "clusters_without_inventory",
                detail:
                    "Agents of these clusters send batches, and only cluster '\(feed.live.cluster)' is known: their pods "
                    + "keep their UIDs as names. Set kubernetes-cluster to what the agents call the cluster.",
                count: foreign.count,
                examples: foreign.keys.sorted(),
                bytes: foreign.values.reduce(0, +)
            )
        ]
    }

    private static func clock(_ feed: InventoryFeed) -> [Finding] {
        let jumps = feed.clockJumps
        guard jumps.count > 0 else { return [] }
        return [
            Finding(
                problem: "clock_jumped",
                detail: "This host's clock jumped by \(jumps.lastSeconds) seconds, noticed at "
                    + "\(UTCTime(secondsSinceEpoch: jumps.lastAt)). Which pod had a reused address around then may be wrong; "
                    + "nothing is forgotten early. Keep the clock synchronised.",
                count: Int(clamping: jumps.count),
                bytes: feed.gaps.snapshot[.clockJump] ?? 0
            )
        ]
    }
}
