// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Queries
import Traffic

extension Store {
    /// Makes `plan`, which was made from `state`, durable, all of it or nothing.
    func write(_ plan: CommitPlan, after state: LedgerState) throws {
        let firstID = state.seriesIDs.count + 1
        try pool.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try Self.insert(plan.newSeries, firstID: firstID, db)
                for resolution in Resolution.allCases {
                    let upsert = try BucketUpsert(resolution, db)
                    let rows = BucketRow.merged(plan.rows, width: resolution.seconds)
                    try upsert.add(rows)
                    if resolution == .day { try Self.deleteRollups(of: rows, db) }
                }
                // One bucket as wide as time: every series once, in the order of the ids.
                try BucketUpsert(countersOf: db).add(BucketRow.merged(plan.rows, width: .max))
                try add(plan.losses, db)
                try move(plan.watermarks, db)
                try note(plan.waiting, db)
                return .commit
            }
        }
    }

    /// Inserts `series` with ids from `firstID` on.
    static func insert(_ series: [SeriesKey], firstID: Int, _ db: Database) throws {
        let dimensions = Dimension.allCases
        let columns = dimensions.map(\.rawValue).joined(separator: ", ")
        let marks = dimensions.map { _ in "?" }.joined(separator: ", ")
        let statement = try db.cachedStatement(sql: "INSERT INTO series (id, \(columns)) VALUES (?, \(marks))")
        for (offset, key) in series.enumerated() {
            var arguments: StatementArguments = [firstID + offset]
            arguments += StatementArguments(dimensions.map { key[$0] })
            try statement.execute(arguments: arguments)
        }
    }

    /// Deletes the rollups of the days of `rows`, which are in the order of days: they are summed up again later.
    static func deleteRollups(of rows: [BucketRow], _ db: Database) throws {
        var last: Int64?
        for row in rows where row.bucketStart != last {
            last = row.bucketStart
            try deleteRollups(from: row.bucketStart, through: row.bucketStart, db)
        }
    }

    /// Deletes the rollups of the days that begin in `first...last`.
    static func deleteRollups(from first: Int64, through last: Int64, _ db: Database) throws {
        try db.cachedStatement(sql: "DELETE FROM day_rollup WHERE key >= ? AND key < ?")
            .execute(arguments: [SegmentKey.key(first), SegmentKey.key(last + Resolution.day.seconds)])
    }

    private func add(_ losses: [CommitPlan.LossRow], _ db: Database) throws {
        guard !losses.isEmpty else { return }
        let sums = """
            egress_bytes = egress_bytes + excluded.egress_bytes,
            ingress_bytes = ingress_bytes + excluded.ingress_bytes,
            egress_packets = egress_packets + excluded.egress_packets,
            ingress_packets = ingress_packets + excluded.ingress_packets
            """
        let byMinute = try db.cachedStatement(
            sql: """
                INSERT INTO losses VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (bucket_start, cluster, node, reason) DO UPDATE SET \(sums)
                """
        )
        let ever = try db.cachedStatement(
            sql: """
                INSERT INTO loss_counters VALUES (?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (cluster, node, reason) DO UPDATE SET \(sums)
                """
        )
        for loss in losses {
            let arguments: StatementArguments = [
                loss.key.cluster, loss.key.node, loss.key.reason,
                loss.counters.egressBytes, loss.counters.ingressBytes,
                loss.counters.egressPackets, loss.counters.ingressPackets,
            ]
            try byMinute.execute(arguments: [loss.bucketStart] + arguments)
            try ever.execute(arguments: arguments)
        }
    }

    private func note(_ waiting: [Int: ClosedRange<Int64>], _ db: Database) throws {
        guard !waiting.isEmpty else { return }
        let statement = try db.cachedStatement(sql: "INSERT OR REPLACE INTO unattributed VALUES (?, ?, ?)")
        for (id, minutes) in waiting {
            try statement.execute(arguments: [id, minutes.lowerBound, minutes.upperBound])
        }
    }

    private func move(_ watermarks: [BatchSource: Watermark], _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO watermarks (
                    cluster, node, boot_id, sequence, interval_end_ns, first_seen, last_seen, batches, missing, records,
                    running_egress_bytes, running_ingress_bytes, running_egress_packets, running_ingress_packets,
                    accepted_egress_bytes, accepted_ingress_bytes, accepted_egress_packets, accepted_ingress_packets
                ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        )
        for (source, mark) in watermarks {
            let (running, accepted) = (mark.running, mark.accepted)
            try statement.execute(arguments: [
                source.cluster, source.node, Data(source.bootID.bootIDBytes), mark.sequence, mark.intervalEnd,
                mark.firstSeen, mark.lastSeen, mark.batches, mark.missing, mark.records,
                running.map { Int64(clamping: $0.egressBytes) }, running.map { Int64(clamping: $0.ingressBytes) },
                running.map { Int64(clamping: $0.egressPackets) }, running.map { Int64(clamping: $0.ingressPackets) },
                Int64(clamping: accepted.egressBytes), Int64(clamping: accepted.ingressBytes),
                Int64(clamping: accepted.egressPackets), Int64(clamping: accepted.ingressPackets),
            ])
        }
    }
}
