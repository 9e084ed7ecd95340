// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

/// Finds single series in sealed buckets.
struct SegmentLookup {
    private let cursor: RowCursor
    private let table: SealedTable
    private let path: String
    private var rows = SegmentRows()
    /// The key of the segment that ``rows`` are of.
    private var unpackedKey: Int64?

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
            if key != unpackedKey {
                guard cursor.withBytes(1, { Segment.unpack($0, key: key, into: &rows) }) else {
                    throw LedgerError(damagedSegment: key, of: table, path: path)
                }
                unpackedKey = key
            }
            cursor.stop()
            // All series that can be in this segment; the first behind its last row needs another look.
            var row = 0
            let first = next
            while next < ids.count {
                while row < rows.count, Int(rows.ids[row]) < ids[next] { row += 1 }
                guard row < rows.count else { break }
                if Int(rows.ids[row]) == ids[next] { try body(ids[next], rows.counters[row]) }
                next += 1
            }
            if next == first { next += 1 }
        }
    }

    func stop() {
        cursor.stop()
    }
}
