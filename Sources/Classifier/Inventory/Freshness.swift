// SPDX-License-Identifier: Apache-2.0

/// Since when something has been up to date, or out of date.
struct Freshness: Sendable {
    private var isFresh = false
    /// When that changed last, in nanoseconds of a clock that does not jump; `nil` before the first look.
    private var since: Int64?

    /// Notes how it is at `now`, and says for how many nanoseconds it has been so.
    mutating func look(_ isFresh: Bool, at now: Int64) -> (isFresh: Bool, nanoseconds: Int64) {
        if since == nil || isFresh != self.isFresh { since = now }
        self.isFresh = isFresh
        return (isFresh, max(0, now - (since ?? now)))
    }
}
