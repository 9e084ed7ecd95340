// SPDX-License-Identifier: Apache-2.0

/// The texts of buckets' starts: rows come bucket by bucket, so each is made once.
struct BucketTimes: Sendable {
    private var start: Int64?
    private var text = ""

    /// The RFC 3339 text of `start`, in seconds since 1970-01-01T00:00:00Z.
    mutating func text(_ start: Int64) -> String {
        if self.start != start {
            self.start = start
            text = UTCTime(secondsSinceEpoch: start).description
        }
        return text
    }
}
