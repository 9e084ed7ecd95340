// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

/// Moves, with the ids of their series.
struct MovePlan {
    /// Series to insert; their ids follow those that the state knows.
    private(set) var newSeries: [SeriesKey] = []
    /// What is taken from series, by minute.
    private(set) var taken: [BucketRow] = []
    /// What is given to series, by minute.
    private(set) var given: [BucketRow] = []

    /// The plan of `moves` in a ledger that knows `state`; throws ``LedgerError`` if one cannot be.
    init(_ moves: [Move], on state: LedgerState) throws {
        var newIDs: [SeriesKey: Int] = [:]
        for move in moves where !move.counters.isZero {
            guard move.minute >= 0, move.minute % 60 == 0, move.counters.isBookable else {
                throw LedgerError(.outOfRange, "bytes cannot be moved in \(move.minute), which is no minute")
            }
            guard let from = state.seriesIDs[move.from] else {
                throw LedgerError(.outOfRange, "pod \(move.from.namespace)/\(move.from.pod) has no such bytes to move")
            }
            var to = state.seriesIDs[move.to] ?? newIDs[move.to]
            if to == nil {
                newSeries.append(move.to)
                to = state.seriesIDs.count + newSeries.count
                newIDs[move.to] = to
            }
            guard let to else { continue }
            taken.append(BucketRow(bucketStart: move.minute, seriesID: from, counters: move.counters))
            given.append(BucketRow(bucketStart: move.minute, seriesID: to, counters: move.counters))
        }
    }
}

extension Store {
    /// Makes `plan`, which was made from `state`, durable, all of it or nothing.
    func write(_ plan: MovePlan, after state: LedgerState) throws {
        try pool.writeWithoutTransaction { db in
            try db.inTransaction(.immediate) {
                try Self.insert(plan.newSeries, firstID: state.seriesIDs.count + 1, db)
                let horizon = try Self.horizon(db, path: path)
                for tier in Resolution.allCases {
                    // What was pruned is noted as a sum over all series, which a move does not change.
                    let isKept = { (row: BucketRow) in row.bucketStart >= horizon[tier] }
                    let given = BucketRow.merged(plan.given, width: tier.seconds).filter(isKept)
                    let taken = BucketRow.merged(plan.taken, width: tier.seconds).filter(isKept)
                    try BucketUpsert(tier, db).add(given)
                    for row in taken { try take(row, from: tier, db) }
                    if tier == .day { try Self.deleteRollups(of: given, db) }
                }
                return .commit
            }
        }
    }

    private func take(_ row: BucketRow, from tier: Resolution, _ db: Database) throws {
        try unseal(row, of: tier, db)
        let counters = row.counters
        try db.cachedStatement(
            sql: """
                UPDATE \(tier.rawValue) SET egress_bytes = egress_bytes - ?3, ingress_bytes = ingress_bytes - ?4,
                egress_packets = egress_packets - ?5, ingress_packets = ingress_packets - ?6
                WHERE bucket_start = ?1 AND series_id = ?2 AND egress_bytes >= ?3 AND ingress_bytes >= ?4
                AND egress_packets >= ?5 AND ingress_packets >= ?6
                """
        )
        .execute(arguments: [
            row.bucketStart, row.seriesID, counters.egressBytes, counters.ingressBytes, counters.egressPackets,
            counters.ingressPackets,
        ])
        guard db.changesCount == 1 else {
            let time = UTCTime(secondsSinceEpoch: row.bucketStart)
            throw LedgerError(.outOfRange, "series \(row.seriesID) has fewer bytes in the \(tier.rawValue) \(time)")
        }
    }

    /// Makes rows again of the segment that has the series of `row`, if it is sealed; upkeep will seal them again.
    private func unseal(_ row: BucketRow, of tier: Resolution, _ db: Database) throws {
        guard let table = tier.sealedTable else { return }
        let last = SegmentKey.key(row.bucketStart, series: row.seriesID)
        let key = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT max(key) FROM \(table.name) WHERE key >= ? AND key <= ?"),
            arguments: [SegmentKey.key(row.bucketStart), last]
        )
        guard let key else { return }
        var segments = try SegmentCursor(table, db, path: path)
        defer { segments.stop() }
        segments.restart(from: key, to: key + 1)
        guard try segments.next(), segments.rows.ids.contains(Int32(row.seriesID)) else { return }
        let rows = zip(segments.rows.ids, segments.rows.counters)
            .map { BucketRow(bucketStart: row.bucketStart, seriesID: Int($0), counters: $1) }
        segments.stop()
        try db.cachedStatement(sql: "DELETE FROM \(table.name) WHERE key = ?").execute(arguments: [key])
        try BucketUpsert(tier, db).add(rows)
    }
}
