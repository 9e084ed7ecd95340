// SPDX-License-Identifier: Apache-2.0
import Glibc

/// How a ledger trades latency, throughput and memory.
public struct LedgerOptions: Sendable {
    /// The longest a booking waits for others to share its commit.
    ///
    /// Zero commits as soon as the writer is free; what arrives during a commit still shares the next one.
    public var commitInterval: Duration = .milliseconds(250)
    /// Waiting rows (entries and losses) that start a commit before ``commitInterval`` has passed; at least 1.
    public var commitRows = 50_000
    /// Rows that may wait or be in the running commit; beyond it bookings are refused as busy.
    ///
    /// A row takes about 190 bytes and its longer texts, so the default holds about 50 MB. A single booking is admitted
    /// whatever its size while nothing else waits.
    public var maximumWaitingRows = 200_000
    /// Queries that may run at the same time, 1 or more; further ones wait.
    public var readers = 4
    /// Largest file, in bytes, whose pages are all checked when it is opened.
    ///
    /// The check reads the whole file (about 6 seconds a GiB), so a large one would hold up every restart. Above this
    /// size only the tables that the ledger loads anyway are read; damage elsewhere is reported by the query
    /// or commit that meets it.
    public var integrityCheckLimit: Int64 = 64 << 20
    /// The clock that dates `firstSeen` and `lastSeen` of a source, in seconds since 1970-01-01T00:00:00Z.
    public var now: @Sendable () -> Int64 = { Int64(time(nil)) }

    /// The defaults.
    public init() {}
}
