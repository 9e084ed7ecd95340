// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

extension Store {
    /// Makes `plan`, which was made from `state`, durable, all of it or nothing.
    func write(_ plan: ReattributionPlan, after state: LedgerState) throws {
        let firstID = state.seriesIDs.count + 1
        try pool.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try Self.insert(plan.newSeries, firstID: firstID, db)
                for move in plan.moves {
                    for resolution in Resolution.allCases { try shift(move, in: resolution, db) }
                    try settle(move, db)
                }
                return .commit
            }
        }
    }

    /// Moves the rows of one tier: a row for each bucket that may have one is looked up by its key.
    private func shift(_ move: ReattributionPlan.Move, in resolution: Resolution, _ db: Database) throws {
        let width = resolution.seconds
        let table = resolution.rawValue
        let buckets = """
            WITH RECURSIVE buckets (start) AS (
                SELECT ?1 UNION ALL SELECT start + ?2 FROM buckets WHERE start + ?2 <= ?3
            )
            """
        let first = move.minutes.lowerBound - move.minutes.lowerBound % width
        let last = move.minutes.upperBound - move.minutes.upperBound % width
        for bucketStart in stride(from: first, through: last, by: Int(width)) {
            try unseal(bucketStart, of: resolution, series: move.source, db)
        }
        if resolution == .day { try Self.deleteRollups(from: first, through: last, db) }
        let arguments: StatementArguments = [first, width, last, move.source]
        try db.cachedStatement(
            sql: """
                INSERT INTO \(table) (bucket_start, series_id, egress_bytes, ingress_bytes, egress_packets, ingress_packets)
                \(buckets)
                SELECT bucket_start, ?5, egress_bytes, ingress_bytes, egress_packets, ingress_packets
                FROM buckets CROSS JOIN \(table) ON bucket_start = start AND series_id = ?4 WHERE true
                ON CONFLICT (bucket_start, series_id) DO UPDATE SET
                egress_bytes = egress_bytes + excluded.egress_bytes,
                ingress_bytes = ingress_bytes + excluded.ingress_bytes,
                egress_packets = egress_packets + excluded.egress_packets,
                ingress_packets = ingress_packets + excluded.ingress_packets
                """
        )
        .execute(arguments: arguments + [move.target])
        try db.cachedStatement(
            sql: """
                \(buckets) DELETE FROM \(table)
                WHERE bucket_start IN (SELECT start FROM buckets) AND series_id = ?4
                """
        )
        .execute(arguments: arguments)
    }

    /// Makes rows again of the segment that has the series in the bucket, if it is sealed; upkeep seals them again.
    private func unseal(_ bucketStart: Int64, of tier: Resolution, series: Int, _ db: Database) throws {
        guard let table = tier.sealedTable else { return }
        let key = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT max(key) FROM \(table.name) WHERE key >= ? AND key <= ?"),
            arguments: [SegmentKey.key(bucketStart), SegmentKey.key(bucketStart, series: series)]
        )
        guard let key else { return }
        var segments = try SegmentCursor(table, db, path: path)
        defer { segments.stop() }
        segments.restart(from: key, to: key + 1)
        guard try segments.next(), segments.rows.ids.contains(Int32(series)) else { return }
        let rows = zip(segments.rows.ids, segments.rows.counters)
            .map { BucketRow(bucketStart: bucketStart, seriesID: Int($0), counters: $1) }
        segments.stop()
        try db.cachedStatement(sql: "DELETE FROM \(table.name) WHERE key = ?").execute(arguments: [key])
        try BucketUpsert(tier, db).add(rows)
    }

    /// Moves what was ever booked, and notes that it was moved.
    private func settle(_ move: ReattributionPlan.Move, _ db: Database) throws {
        var sums = [("counters", move.target), ("reattributed", move.source)]
        if move.keepsOwner { sums.append(("rejudged", move.target)) }
        for (table, series) in sums {
            try db.cachedStatement(
                sql: """
                    INSERT INTO \(table) (series_id, egress_bytes, ingress_bytes, egress_packets, ingress_packets)
                    VALUES (?, ?, ?, ?, ?) ON CONFLICT (series_id) DO UPDATE SET
                    egress_bytes = egress_bytes + excluded.egress_bytes,
                    ingress_bytes = ingress_bytes + excluded.ingress_bytes,
                    egress_packets = egress_packets + excluded.egress_packets,
                    ingress_packets = ingress_packets + excluded.ingress_packets
                    """
            )
            .execute(arguments: [
                series, move.counters.egressBytes, move.counters.ingressBytes, move.counters.egressPackets,
                move.counters.ingressPackets,
            ])
        }
        try db.cachedStatement(sql: "DELETE FROM unattributed WHERE series_id = ?").execute(arguments: [move.source])
    }
}
