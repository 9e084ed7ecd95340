// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

extension Upkeep {
    /// Deletes some rows of the oldest bucket of `tier` that begins before `kept`, and notes their sum.
    func delete(_ tier: Resolution, before kept: Int64, _ db: Database) throws -> UpkeepStep? {
        if let table = tier.sealedTable, let start = try deleteSegment(of: table, tier, before: kept, db) {
            return .deleted(tier, bucketStart: start)
        }
        guard let start = try BucketCursor(tier.rawValue, from: 0, db).current, start < kept else { return nil }
        let rows = try RowCursor(
            "SELECT \(Scan.columns) FROM \(tier.rawValue) WHERE bucket_start = ?1 ORDER BY series_id LIMIT ?2",
            db
        )
        defer { rows.stop() }
        rows.restart(start, Int64(Self.rowsAtOnce))
        var sum = FlowCounters.zero
        var last: Int64 = 0
        while try rows.next() {
            last = rows.integer(1)
            guard let counters = rows.counters(from: 2) else {
                throw LedgerError(
                    .damaged,
                    path: store.path,
                    "a row of series \(last) in the table \(tier.rawValue) is negative"
                )
            }
            sum.addSaturating(counters)
        }
        rows.stop()
        try db.execute(
            sql: "DELETE FROM \(tier.rawValue) WHERE bucket_start = ? AND series_id <= ?",
            arguments: [start, last]
        )
        if tier == .day {
            try db.execute(
                sql: "DELETE FROM day_rollup WHERE key < ?",
                arguments: [SegmentKey.key(start + tier.seconds)]
            )
        }
        try note(sum, deletedFrom: tier, db)
        return .deleted(tier, bucketStart: start)
    }

    /// Deletes losses of minutes before `kept`, some at a time.
    func deleteLosses(before kept: Int64, _ db: Database) throws -> UpkeepStep? {
        guard let start = try BucketCursor("losses", from: 0, db).current, start < kept else { return nil }
        try db.execute(
            sql: "DELETE FROM losses WHERE bucket_start < ?",
            arguments: [min(kept, start + Resolution.day.seconds)]
        )
        return .deletedLosses
    }

    private func deleteSegment(
        of table: SealedTable,
        _ tier: Resolution,
        before kept: Int64,
        _ db: Database
    ) throws -> Int64? {
        var segments = try SegmentCursor(table, db, path: store.path)
        defer { segments.stop() }
        segments.restart(from: 0, to: SegmentKey.key(kept))
        var sum = FlowCounters.zero
        var count = 0
        // A damaged segment stays, and is told at every try: what it held cannot be noted.
        while count < Self.rowsAtOnce / Segment.maximumRows, try segments.next() {
            for counters in segments.rows.counters { sum.addSaturating(counters) }
            count += 1
        }
        guard count > 0 else { return nil }
        let last = segments.key
        segments.stop()
        try db.execute(sql: "DELETE FROM \(table.name) WHERE key <= ?", arguments: [last])
        try note(sum, deletedFrom: tier, db)
        return SegmentKey.bucketStart(of: last)
    }

    private func note(_ sum: FlowCounters, deletedFrom tier: Resolution, _ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE tiers SET egress_bytes = egress_bytes + ?, ingress_bytes = ingress_bytes + ?,
                egress_packets = egress_packets + ?, ingress_packets = ingress_packets + ? WHERE tier = ?
                """,
            arguments: [
                Int64(sum.egressBytes), Int64(sum.ingressBytes), Int64(sum.egressPackets),
                Int64(sum.ingressPackets), tier.rawValue,
            ]
        )
    }
}
