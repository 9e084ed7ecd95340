// SPDX-License-Identifier: Apache-2.0
import Traffic

/// What is added to one series in one bucket.
struct BucketRow {
    /// First second of the bucket.
    var bucketStart: Int64
    /// The series.
    var seriesID: Int
    /// The addend.
    var counters: FlowCounters

    /// One row per (bucket, series) of the buckets of `width` seconds, in key order.
    static func merged(_ rows: [BucketRow], width: Int64) -> [BucketRow] {
        var rows = rows
        for index in rows.indices { rows[index].bucketStart -= rows[index].bucketStart % width }
        rows.sort {
            $0.bucketStart == $1.bucketStart ? $0.seriesID < $1.seriesID : $0.bucketStart < $1.bucketStart
        }
        var last = -1
        for row in rows {
            if last >= 0, rows[last].bucketStart == row.bucketStart, rows[last].seriesID == row.seriesID {
                rows[last].counters += row.counters
            } else {
                last += 1
                rows[last] = row
            }
        }
        rows.removeSubrange((last + 1)...)
        return rows
    }
}
