// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

/// What is known to be lacking of a query's range; nothing for whoever may not see everything.
struct RangeGaps {
    /// What nodes reported as lost, by reason, over all nodes whatever the query's filters are.
    private(set) var losses: [Loss] = []
    /// The gaps of the nodes that the query counts, by its filters of clusters and nodes, sorted.
    private(set) var nodes: [NodeGap] = []

    /// The gaps in the range of `query` as seen at `now` (seconds since 1970), on the snapshot of `db`, which is the
    /// ledger at `path`.
    init(_ query: UsageQuery, now: Int64, path: String, _ db: Database) throws {
        guard query.visibility == .everything else { return }
        var gaps: [NodeName: NodeGap] = [:]
        try readLosses(query, path: path, db, into: &gaps)
        try Self.readEnds(query, now: now, db, into: &gaps)
        nodes = gaps.values.filter { query.counts(cluster: $0.cluster, node: $0.node) }
            .sorted { ($0.cluster, $0.node) < ($1.cluster, $1.node) }
    }

    private mutating func readLosses(
        _ query: UsageQuery,
        path: String,
        _ db: Database,
        into gaps: inout [NodeName: NodeGap]
    ) throws {
        let cursor = try RowCursor(
            """
            SELECT cluster, node, reason, sum(egress_bytes), sum(ingress_bytes), sum(egress_packets),
                sum(ingress_packets)
            FROM losses WHERE bucket_start >= ? AND bucket_start < ? GROUP BY 3, 1, 2 ORDER BY 3, 1, 2
            """,
            db
        )
        defer { cursor.stop() }
        cursor.restart(query.start, query.end)
        while try cursor.next() {
            let reason = cursor.text(2)
            guard let counters = cursor.counters(from: 3) else {
                throw LedgerError(.damaged, path: path, "the losses for \(reason) are negative")
            }
            if losses.last?.reason == reason {
                losses[losses.count - 1].counters.addSaturating(counters)
            } else {
                losses.append(Loss(reason: reason, counters: counters))
            }
            let name = NodeName(cluster: cursor.text(0), node: cursor.text(1))
            guard !counters.isZero else { continue }
            gaps[name, default: NodeGap(cluster: name.cluster, node: name.node)].lost
                .append(Loss(reason: reason, counters: counters))
        }
    }

    /// Finds nodes that reported in the range, but not up to its end.
    private static func readEnds(
        _ query: UsageQuery,
        now: Int64,
        _ db: Database,
        into gaps: inout [NodeName: NodeGap]
    ) throws {
        let cursor = try RowCursor(
            """
            SELECT cluster, node, max(interval_end_ns) / 1000000000 AS last FROM watermarks
            GROUP BY cluster, node HAVING last > ? AND last < ?
            """,
            db
        )
        defer { cursor.stop() }
        cursor.restart(query.start, min(query.end, now - NodeGap.patience))
        while try cursor.next() {
            let name = NodeName(cluster: cursor.text(0), node: cursor.text(1))
            gaps[name, default: NodeGap(cluster: name.cluster, node: name.node)].silentSince = cursor.integer(2)
        }
    }
}

extension UsageQuery {
    fileprivate func counts(cluster: String, node: String) -> Bool {
        [(Dimension.cluster, cluster), (.node, node)]
            .allSatisfy { dimension, value in
                filters[dimension]?.contains(value) ?? true && !(exclusions[dimension]?.contains(value) ?? false)
            }
    }
}
