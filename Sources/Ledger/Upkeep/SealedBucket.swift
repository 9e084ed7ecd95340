// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Queries
import Traffic

/// One closed bucket, whose rows become segments, or are added to those that it has.
struct SealedBucket {
    private let table: SealedTable
    private let tier: Resolution
    private let bucketStart: Int64
    private let path: String
    private let db: Database

    /// The bucket that begins at `bucketStart` (seconds), in a transaction on `db`, which is the ledger at `path`.
    init(_ table: SealedTable, rows tier: Resolution, bucketStart: Int64, path: String, _ db: Database) {
        self.table = table
        self.tier = tier
        self.bucketStart = bucketStart
        self.path = path
        self.db = db
    }

    /// Moves up to `limit` rows into segments.
    ///
    /// - Returns: How many rows were moved.
    func seal(atMost limit: Int) throws -> Int {
        let rows = try rows(atMost: limit)
        guard let last = rows.ids.last else { return 0 }
        try add(rows)
        try db.execute(
            sql: "DELETE FROM \(tier.rawValue) WHERE bucket_start = ? AND series_id <= ?",
            arguments: [bucketStart, last]
        )
        return rows.count
    }

    /// Adds `rows` to the segments: only those are written again that rows fall into.
    private func add(_ rows: SegmentRows) throws {
        let keys = try Int64.fetchAll(
            db.cachedStatement(sql: "SELECT key FROM \(table.name) WHERE key >= ? AND key < ? ORDER BY key"),
            arguments: [SegmentKey.key(bucketStart), SegmentKey.key(bucketStart + tier.seconds)]
        )
        guard !keys.isEmpty else { return try insert(rows) }
        var next = 0
        for (index, key) in keys.enumerated() where next < rows.count {
            // What lies before the first segment goes into it, too.
            let end = index + 1 < keys.count ? SegmentKey.series(of: keys[index + 1]) : Int.max
            let first = next
            while next < rows.count, Int(rows.ids[next]) < end { next += 1 }
            guard first < next else { continue }
            guard let merged = try segment(key).merged(with: rows[first..<next]) else {
                throw LedgerError(.outOfRange, "a sum in the table \(table.name) passes 2^63")
            }
            try db.cachedStatement(sql: "DELETE FROM \(table.name) WHERE key = ?").execute(arguments: [key])
            try insert(merged)
        }
    }

    /// Writes `rows` as new segments.
    func insert(_ rows: SegmentRows) throws {
        let statement = try db.cachedStatement(
            sql: "INSERT INTO \(table.name) (key, series_count, columns) VALUES (?, ?, ?)"
        )
        // Equal pieces: a full one and a tiny rest would stay so for good.
        let pieces = (rows.count + Segment.maximumRows - 1) / Segment.maximumRows
        for piece in 0..<pieces {
            let part = rows[(rows.count * piece / pieces)..<(rows.count * (piece + 1) / pieces)]
            guard let first = part.ids.first, let last = part.ids.last else { continue }
            guard Int(last) <= SegmentKey.maximumSeriesID else {
                throw LedgerError(.outOfRange, "series \(last) is beyond the \(SegmentKey.maximumSeriesID) of a ledger")
            }
            let key = SegmentKey.key(bucketStart, series: Int(first))
            try statement.execute(arguments: [key, part.count, Data(Segment.pack(part, key: key))])
        }
    }

    private func segment(_ key: Int64) throws -> SegmentRows {
        var segments = try SegmentCursor(table, db, path: path)
        defer { segments.stop() }
        segments.restart(from: key, to: key + 1)
        _ = try segments.next()
        return segments.rows
    }

    private func rows(atMost limit: Int) throws -> SegmentRows {
        let cursor = try RowCursor(
            "SELECT \(Scan.columns) FROM \(tier.rawValue) WHERE bucket_start = ?1 ORDER BY series_id LIMIT ?2",
            db
        )
        defer { cursor.stop() }
        cursor.restart(bucketStart, Int64(limit))
        var rows = SegmentRows()
        while try cursor.next() {
            guard let id = Int32(exactly: cursor.integer(1)), let counters = cursor.counters(from: 2) else {
                throw LedgerError(
                    .damaged,
                    path: path,
                    "a row of series \(cursor.integer(1)) in the table \(tier.rawValue) has no series or is negative"
                )
            }
            rows.append(id, counters)
        }
        return rows
    }
}
