// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries

/// Compares what looking up some series costs with what reading all rows does, by a look at three buckets.
///
/// In nanoseconds: a row that is read in passing costs 120, one in a segment 10; looking up a row costs 1,500, a segment
/// 12,000, and 50 for each series that is looked for.
struct LookupCost {
    private let rows: Int
    private let packedRows: Int
    private let segments: Int
    private let buckets: Int

    /// Takes samples of `part`: its first, its middle and its last bucket.
    init(_ part: ReadPart, _ db: Database) throws {
        let width = part.resolution.seconds
        let middle = part.start + (part.end - part.start) / width / 2 * width
        let samples = Set([part.start, middle, part.end - width])
        let counter = try RowCursor("SELECT count(*) FROM \(part.resolution.rawValue) WHERE bucket_start = ?1", db)
        defer { counter.stop() }
        var (rows, packedRows, segments) = (0, 0, 0)
        for bucketStart in samples {
            counter.restart(bucketStart)
            if try counter.next() { rows += Int(counter.integer(0)) }
        }
        if let table = part.resolution.sealedTable {
            let counter = try RowCursor(
                "SELECT sum(series_count), count(*) FROM \(table.name) WHERE key >= ?1 AND key < ?2",
                db
            )
            defer { counter.stop() }
            for bucketStart in samples {
                counter.restart(SegmentKey.key(bucketStart), SegmentKey.key(bucketStart + width))
                guard try counter.next() else { continue }
                packedRows += Int(counter.integer(0))
                segments += Int(counter.integer(1))
            }
        }
        self.rows = rows
        self.packedRows = packedRows
        self.segments = segments
        buckets = samples.count
    }

    /// True if looking up `members` is cheaper than reading all rows.
    func prefersLookups(of members: [Int]) throws -> Bool {
        let openLookups = rows == 0 ? 0 : members.count * buckets
        let sealedLookups = min(members.count * buckets, segments)
        return openLookups * 1500 + sealedLookups * 12_000 + members.count * buckets * 50
            < rows * 120 + packedRows * 10
    }
}
