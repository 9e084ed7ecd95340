// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries

/// A table of segments.
struct SealedTable: Hashable, Sendable {
    let name: String

    static let minute = SealedTable(name: "minute_sealed")
    static let hour = SealedTable(name: "hour_sealed")
    static let dayRollup = SealedTable(name: "day_rollup")
}

extension Resolution {
    /// Where closed buckets are packed; days stay rows, so that anyone with `sqlite3` can ask history.
    var sealedTable: SealedTable? {
        switch self {
        case .minute: .minute
        case .hour: .hour
        case .day: nil
        }
    }
}

/// Steps over segments in the order of their buckets and series.
struct SegmentCursor {
    /// The rows of the current segment.
    private(set) var rows = SegmentRows()
    /// The key of the current segment.
    private(set) var key: Int64 = 0

    private let cursor: RowCursor
    private let table: SealedTable
    private let path: String

    /// A cursor over `table` of the ledger at `path`; ``restart(_:)`` comes first.
    init(_ table: SealedTable, _ db: Database, path: String) throws {
        self.table = table
        self.path = path
        cursor = try RowCursor(
            "SELECT key, columns FROM \(table.name) WHERE key >= ?1 AND key < ?2 ORDER BY key",
            db
        )
    }

    /// First second of the current segment's bucket.
    var bucketStart: Int64 {
        SegmentKey.bucketStart(of: key)
    }

    /// Goes before the first segment of `part`.
    func restart(_ part: ReadPart) {
        restart(from: SegmentKey.key(part.start), to: SegmentKey.key(part.end))
    }

    /// Goes before the first segment whose key is in `start..<end`.
    func restart(from start: Int64, to end: Int64) {
        cursor.restart(start, end)
    }

    /// Unpacks the next segment.
    ///
    /// - Returns: False if there is none.
    mutating func next() throws -> Bool {
        guard try cursor.next() else { return false }
        key = cursor.integer(0)
        let key = key
        guard cursor.withBytes(1, { Segment.unpack($0, key: key, into: &rows) }) else {
            throw LedgerError(damagedSegment: key, of: table, path: path)
        }
        return true
    }

    /// Lets go of the snapshot's pages before the last segment was reached.
    func stop() {
        cursor.stop()
    }
}

extension LedgerError {
    /// The segment `key` of `table` does not hold what was packed into it.
    init(damagedSegment key: Int64, of table: SealedTable, path: String) {
        let time = UTCTime(secondsSinceEpoch: SegmentKey.bucketStart(of: key))
        self.init(.damaged, path: path, "the segment of \(time) in the table \(table.name) fails its checksum")
    }
}
