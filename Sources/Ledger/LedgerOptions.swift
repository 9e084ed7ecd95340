// SPDX-License-Identifier: Apache-2.0
import Glibc
import Queries

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
    /// How long each tier is kept; nothing is deleted before ``Ledger/upkeep()`` is called.
    public var retention = Retention()
    /// Seconds after a bucket's end before it is sealed: most of what is late has come by then.
    public var sealAfter: Int64 = 300
    /// Free pages, of 4 KiB each, that stay in the file for the next commits; further ones are given back.
    public var freePages = 4096
    /// Rows that an answer may gather, and groups that it may rank; more is an error with the code `tooLarge`.
    public var mostRows = UsageQuery.mostFacts
    /// The clock that dates `firstSeen` and `lastSeen` of a source, in seconds since 1970-01-01T00:00:00Z.
    public var now: @Sendable () -> Int64 = { Int64(time(nil)) }

    /// The defaults.
    public init() {}

    /// How long each tier is kept, in seconds; a tier outlives the finer ones.
    ///
    /// Minutes are pruned by whole hours and hours by whole days (UTC), so that what is older can be read from the next
    /// tier without a gap: up to an hour, or a day, is kept longer.
    public struct Retention: Hashable, Sendable {
        /// Minutes: 2 days unless changed.
        public var minute: Int64
        /// Hours: 90 days unless changed.
        public var hour: Int64
        /// Days, and the losses: 3 years (1,096 days) unless changed.
        public var day: Int64

        /// Tiers that are kept for these seconds.
        public init(minute: Int64 = 2 * 86_400, hour: Int64 = 90 * 86_400, day: Int64 = 1096 * 86_400) {
            self.minute = minute
            self.hour = hour
            self.day = day
        }

        /// What is kept at `now`, in seconds since 1970.
        func horizon(now: Int64) -> TierHorizon {
            func floor(_ second: Int64, _ unit: Int64) -> Int64 { max(0, second - second % unit) }
            let day = floor(now - self.day, 86_400)
            let hour = max(day, floor(now - self.hour, 86_400))
            return TierHorizon(minute: max(hour, floor(now - self.minute, 3600)), hour: hour, day: day)
        }
    }
}
