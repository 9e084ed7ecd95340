// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

/// Finds single series in sealed buckets.
struct SegmentLookup {
    private let cursor: RowCursor
    private let table: SealedTable
    private let path: String
    /// What was found in the last segment.
    private var rows = SegmentRows()

    /// Looks into `table` of the ledger at `path`.
    init(_ table: SealedTable, _ db: Database, path: String) throws {
        self.table = table
        self.path = path
        cursor = try RowCursor(
            "SELECT key, columns FROM \(table.name) WHERE key >= ?1 AND key <= ?2 ORDER BY key DESC LIMIT 1",
            db
        )
    }

    /// Hands each of the series `ids`, which are ascending, that is in the bucket to `body`.
    mutating func forEach(
        of ids: [Int],
        in bucketStart: Int64,
        _ body: (Int, FlowCounters) throws(SumError) -> Void
    ) throws {
        defer { cursor.stop() }
        var next = 0
        while next < ids.count {
            cursor.restart(SegmentKey.key(bucketStart), SegmentKey.key(bucketStart, series: ids[next]))
            guard try cursor.next() else {
                next += 1
                continue
            }
            let key = cursor.integer(0)
            guard let last = cursor.withBytes(1, { Segment.lookUp(ids[next...], in: $0, key: key, into: &rows) }) else {
                throw LedgerError(damagedSegment: key, of: table, path: path)
            }
            cursor.stop()
            for (id, counters) in zip(rows.ids, rows.counters) { try body(Int(id), counters) }
            // The first series behind the segment's last needs another look, and so does one in no segment.
            next += 1
            while next < ids.count, ids[next] <= last { next += 1 }
        }
    }

    func stop() {
        cursor.stop()
    }
}
