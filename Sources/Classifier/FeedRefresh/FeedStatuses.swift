// SPDX-License-Identifier: Apache-2.0
import Feeds
import Synchronization

/// How the feeds that are loaded from a URL fare.
final class FeedStatuses: Sendable {
    /// One feed.
    struct Status: Equatable, Sendable {
        /// When the publisher last gave an answer that could be used, in seconds since 1970-01-01T00:00:00Z.
        var answeredAt: Int64?
        /// Why the last attempt failed; `nil` if it did not.
        var error: String?
        /// Attempts that brought a new edition.
        var changed: UInt64 = 0
        /// Attempts that found the edition we have.
        var unchanged: UInt64 = 0
        /// Attempts that failed.
        var failed: UInt64 = 0
        /// Attempts that failed since the last that did not.
        var failuresInARow = 0
        /// When the next attempt is due, in seconds since 1970-01-01T00:00:00Z.
        var due: Int64

        /// Seconds until a retry after the first failure; each that follows doubles it.
        static let shortestRetry: Int64 = 60

        /// Notes that the publisher answered at `now`; with an interval of `interval` seconds.
        ///
        /// - Parameter jitter: a random number in 0...1, so that many classifiers do not ask at once.
        mutating func succeed(isNew: Bool, now: Int64, interval: Int64, jitter: Double) {
            answeredAt = now
            error = nil
            failuresInARow = 0
            if isNew { changed += 1 } else { unchanged += 1 }
            due = now + interval - Int64(Double(interval) * 0.1 * jitter)
        }

        /// Notes that an attempt failed at `now`; the next comes later each time, and `interval` at the latest.
        mutating func fail(_ reason: String, now: Int64, interval: Int64, jitter: Double) {
            error = reason
            failed += 1
            let delay = min(interval, Self.shortestRetry << Int64(min(failuresInARow, 20)))
            failuresInARow += 1
            due = now + delay - Int64(Double(delay) * 0.5 * jitter)
        }
    }

    private let statuses = Mutex<[FeedFile: Status]>([:])

    /// The status of `feed`; `nil` if it was not looked at yet.
    subscript(feed: FeedFile) -> Status? {
        get { statuses.withLock { $0[feed] } }
        set { statuses.withLock { $0[feed] = newValue } }
    }
}
