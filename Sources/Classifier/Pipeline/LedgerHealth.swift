// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Whether the ledger took what it was last given.
final class LedgerHealth: Sendable {
    /// How long a failure makes the classifier unready if nobody tries again, in nanoseconds: 30 seconds.
    ///
    /// Where readiness steers traffic, an unready classifier gets no batches; without this limit it would never
    /// learn that the ledger works again.
    static let memory: Int64 = 30 * 1_000_000_000

    private let last = Mutex<(reason: String, at: Int64)?>(nil)

    /// Notes that the ledger booked.
    func succeeded() {
        last.withLock { $0 = nil }
    }

    /// Notes that the ledger did not book.
    ///
    /// - Parameter now: Nanoseconds since 1970-01-01T00:00:00Z.
    func failed(_ reason: String, now: Int64) {
        last.withLock { $0 = (reason, now) }
    }

    /// Why the ledger did not take the last batch, or `nil` if it did or that was longer than ``memory`` ago.
    ///
    /// - Parameter now: Nanoseconds since 1970-01-01T00:00:00Z.
    func failure(now: Int64) -> String? {
        last.withLock { $0.flatMap { now - $0.at < Self.memory ? $0.reason : nil } }
    }
}
