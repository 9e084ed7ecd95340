// SPDX-License-Identifier: Apache-2.0

/// What the writer has done since the ledger was opened.
public struct LedgerActivity: Hashable, Sendable {
    /// Commits that became durable.
    public var commits: UInt64 = 0
    /// Commits that failed and booked nothing.
    public var failedCommits: UInt64 = 0
    /// Time spent in both, from the first staged row to the durable end.
    public var commitTime: Duration = .zero
    /// Bookings that were applied.
    public var applied: UInt64 = 0
    /// Bookings that had been applied before.
    public var duplicates: UInt64 = 0
    /// Flow records in the applied bookings.
    public var records: UInt64 = 0
    /// Series that were added to in the commits, each once per minute and commit.
    public var rows: UInt64 = 0
    /// Rows that wait for a commit or are in the running one; a gauge.
    public var waitingRows = 0
    /// Why the latest commit failed; `nil` if it did not.
    public var lastFailure: LedgerError?

    init() {}
}
