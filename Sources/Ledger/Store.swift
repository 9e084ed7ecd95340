// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The open file: its connections, and how they are set up.
final class Store: Sendable {
    let file: LedgerFile
    let pool: DatabasePool

    /// Time SQLite retries while another process, such as a backup, holds a lock; in seconds.
    private static let busyTimeout = 5.0
    /// Page cache of each connection, in KiB: room for the pages that 100,000 series touch in a commit.
    private static let cacheKiB = 32 * 1024
    /// The log is cut back to this size, in bytes, after a burst.
    private static let journalSizeLimit = 64 << 20

    /// Path of the ledger.
    var path: String {
        file.path
    }

    /// Opens, checks and migrates the ledger at `path`, creating it if there is none.
    init(path: String, options: LedgerOptions) throws {
        file = try LedgerFile(path: path)
        do {
            pool = try Self.open(file, options: options)
        } catch {
            throw LedgerError(error, doing: "open", path: path)
        }
    }

    private static func open(_ file: LedgerFile, options: LedgerOptions) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "netledger.ledger"
        configuration.maximumReaderCount = max(1, options.readers)
        configuration.busyMode = .timeout(busyTimeout)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -\(cacheKiB)")
            guard !db.configuration.readonly else { return }
            // Debian's library overwrites whatever is deleted; here that would write every sealed row once more.
            try db.execute(sql: "PRAGMA secure_delete = OFF")
        }
        if file.isMissing { try LedgerCreation.make(file.path) }
        let size = file.bytes
        let pool = try DatabasePool(path: file.path, configuration: configuration)
        try pool.writeWithoutTransaction { db in
            // A commit that was answered outlives a power cut, at the price of one fdatasync.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            try db.execute(sql: "PRAGMA journal_size_limit = \(journalSizeLimit)")
            try Schema.migrate(db, path: file.path)
            if size <= options.integrityCheckLimit { try check(db, path: file.path) }
        }
        return pool
    }

    /// Throws the first contradiction that SQLite finds in the whole file.
    private static func check(_ db: Database, path: String) throws {
        let finding = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer"
        guard finding == "ok" else {
            throw LedgerError(.damaged, path: path, finding)
        }
    }

    /// What a call on the closed ledger throws.
    var closedError: LedgerError {
        LedgerError(.closed, "the ledger \(path) is closed")
    }

    /// Closes the file after the queries that run, with its log folded in, and unlocks it.
    func close() {
        // SQLite folds in and deletes the log when the last connection closes, if that one may write.
        pool.invalidateReadOnlyConnections()
        // Every commit is durable already: a failure only means that the next start folds in the log.
        try? pool.close()
        file.unlock()
    }
}
