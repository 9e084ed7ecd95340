// SPDX-License-Identifier: Apache-2.0

/// Where a segment stands: its bucket and its first series, in one integer that sorts by both.
enum SegmentKey {
    /// Bits of the series' id: 268 million series.
    private static let seriesBits: Int64 = 28
    /// The largest id of a series that can be sealed.
    static let maximumSeriesID = 1 << 28 - 1

    /// The key of the segment that begins with series `id` in the bucket that begins at `bucketStart` (seconds).
    static func key(_ bucketStart: Int64, series id: Int = 0) -> Int64 {
        bucketStart << seriesBits | Int64(id)
    }

    /// First second of the bucket of `key`.
    static func bucketStart(of key: Int64) -> Int64 {
        key >> seriesBits
    }

    /// Id of the first series of `key`.
    static func series(of key: Int64) -> Int {
        Int(key & Int64(maximumSeriesID))
    }
}
