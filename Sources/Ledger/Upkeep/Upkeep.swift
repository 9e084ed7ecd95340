// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

/// Keeps the file small and queries fast, a small piece at a time; each is one transaction of some milliseconds.
struct Upkeep {
    /// Rows that a piece packs or deletes at most.
    static let rowsAtOnce = 16 * Segment.maximumRows
    /// Pages that a piece gives back at most.
    static let pagesAtOnce = 512

    let store: Store
    let now: Int64
    let options: LedgerOptions

    /// The upkeep of `store` at `now`, in seconds since 1970.
    init(_ store: Store, now: Int64, options: LedgerOptions) {
        self.store = store
        self.now = now
        self.options = options
    }

    /// Does the next piece, if there is one.
    func next(_ directory: SeriesDirectory) throws -> UpkeepStep? {
        try store.pool.writeWithoutTransaction { db in
            let horizon = try Store.horizon(db, path: store.path)
            if let step = try raiseHorizon(from: horizon, db) { return step }
            for tier in [Resolution.minute, .hour] {
                if let step = try inTransaction(db, { try seal(tier, from: horizon[tier], db) }) { return step }
            }
            if let step = try inTransaction(db, { try rollUp(directory, from: horizon.day, db) }) { return step }
            for tier in Resolution.allCases {
                if let step = try inTransaction(db, { try delete(tier, before: horizon[tier], db) }) { return step }
            }
            if let step = try inTransaction(db, { try deleteLosses(before: horizon.day, db) }) { return step }
            return try giveBack(db)
        }
    }

    private func inTransaction(_ db: Database, _ body: () throws -> UpkeepStep?) throws -> UpkeepStep? {
        var step: UpkeepStep?
        // Upkeep is the only writer beside commits, and both run on one queue: a deferred transaction never waits.
        try db.inTransaction(.deferred) {
            step = try body()
            return .commit
        }
        return step
    }

    private func raiseHorizon(from current: TierHorizon, _ db: Database) throws -> UpkeepStep? {
        let target = options.retention.horizon(now: now)
        var horizon = current
        // A retention that was made longer brings nothing back.
        for tier in Resolution.allCases { horizon[tier] = max(current[tier], target[tier]) }
        guard horizon != current else { return nil }
        return try inTransaction(db) {
            for tier in Resolution.allCases {
                try db.execute(
                    sql: "UPDATE tiers SET kept_from = ? WHERE tier = ?",
                    arguments: [horizon[tier], tier.rawValue]
                )
            }
            return .pruned(horizon)
        }
    }

    /// Buckets of `tier` that end before this second are closed.
    private func closed(_ tier: Resolution) -> Int64 {
        now - options.sealAfter - tier.seconds
    }

    private func seal(_ tier: Resolution, from kept: Int64, _ db: Database) throws -> UpkeepStep? {
        guard
            let table = tier.sealedTable,
            let bucketStart = try BucketCursor(tier.rawValue, from: kept, db).current, bucketStart <= closed(tier)
        else { return nil }
        let bucket = SealedBucket(table, rows: tier, bucketStart: bucketStart, path: store.path, db)
        return .sealed(tier, bucketStart: bucketStart, rows: try bucket.seal(atMost: Self.rowsAtOnce))
    }

    private func rollUp(_ directory: SeriesDirectory, from kept: Int64, _ db: Database) throws -> UpkeepStep? {
        var days = try BucketCursor(Resolution.day.rawValue, from: kept, db)
        let rollup = try RowCursor("SELECT 1 FROM day_rollup WHERE key >= ?1 AND key < ?2 LIMIT 1", db)
        defer { rollup.stop() }
        while let day = days.current, day <= closed(.day) {
            rollup.restart(SegmentKey.key(day), SegmentKey.key(day + Resolution.day.seconds))
            if try !rollup.next() {
                try DayRollup(day, directory: directory, path: store.path).write(db)
                return .rolledUp(day: day)
            }
            try days.skip(to: day + 1)
        }
        return nil
    }

    private func giveBack(_ db: Database) throws -> UpkeepStep? {
        // A ledger of before this was thought of keeps its free pages, and uses them again.
        guard try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") == 2 else { return nil }
        let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
        let all = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        // As many as a commit may want soon stay, so that the file does not breathe.
        let surplus = free - max(options.freePages, all / 10)
        guard surplus > 0 else { return nil }
        let pages = min(surplus, Self.pagesAtOnce)
        try db.execute(sql: "PRAGMA incremental_vacuum(\(pages))")
        return .freed(pages: pages)
    }
}
