// SPDX-License-Identifier: Apache-2.0
import GRDB

/// Steps over the buckets that a table has rows of, without reading the rows.
struct BucketCursor {
    /// First second of the current bucket; `nil` behind the last.
    private(set) var current: Int64?

    private let cursor: RowCursor

    /// Stands on the first bucket of `table` that begins at `start` or later.
    init(_ table: String, from start: Int64, _ db: Database) throws {
        cursor = try RowCursor(
            "SELECT bucket_start FROM \(table) WHERE bucket_start >= ?1 ORDER BY bucket_start LIMIT 1",
            db
        )
        try skip(to: start)
    }

    /// Goes to the first bucket that begins at `start` or later.
    mutating func skip(to start: Int64) throws {
        cursor.restart(start)
        current = try cursor.next() ? cursor.integer(0) : nil
        cursor.stop()
    }

    /// True if there are rows of the bucket that begins at `start`, which must not decrease from call to call.
    mutating func contains(_ start: Int64) throws -> Bool {
        if let current, current < start { try skip(to: start) }
        return current == start
    }
}
