// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Glibc

/// Makes the file of a new ledger under another name, so that whatever has the ledger's name is a whole ledger.
///
/// SQLite makes a file in several steps; a power cut between two of them leaves something that nobody can tell from a
/// file of another program. So the file gets its name when it is complete and on the disk.
enum LedgerCreation {
    /// What is added to the ledger's name while it is made.
    static let suffix = "-unfinished"

    /// Makes an empty ledger of the current schema at `path`, where there is no file, or an empty one.
    ///
    /// - Throws: Whatever SQLite or the file system say; nothing has the name `path` then that had not before.
    static func make(_ path: String) throws {
        let path = target(of: path)
        let unfinished = path + suffix
        delete(unfinished)
        do {
            try write(unfinished, for: path)
            var old = stat()
            // An empty file may have been put there for its mode.
            if stat(path, &old) == 0 { chmod(unfinished, old.st_mode & 0o7777) }
            guard rename(unfinished, path) == 0 else {
                throw LedgerError(
                    .cannotOpen,
                    "cannot give \(unfinished) the name \(path): \(String(cString: strerror(errno)))"
                )
            }
        } catch {
            delete(unfinished)
            throw error
        }
        try LedgerFile.synchronize(path)
    }

    private static func write(_ unfinished: String, for path: String) throws {
        var configuration = Configuration()
        configuration.label = "netledger.creation"
        let queue = try DatabaseQueue(path: unfinished, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            // Works only before the file's first page: the ledger gives freed space back.
            try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            // Nobody reads the file before it is complete, nor goes on with one that is not.
            try db.execute(sql: "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")
            try Schema.migrate(db, path: path)
            // The last step writes the first page and waits until everything before is on the disk, too.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            let mode = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") ?? "no answer"
            guard mode == "wal" else {
                throw LedgerError(
                    .cannotOpen,
                    "the file system of \(path) cannot hold a ledger: SQLite cannot keep a write-ahead log there (\(mode))"
                )
            }
        }
        try queue.close()
    }

    /// Deletes what a creation that was cut short has left; the name is ours, and whoever calls holds the lock.
    private static func delete(_ unfinished: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(unfinished + suffix) }
    }

    /// Where the file shall be: symbolic links stay, and what they name is made.
    private static func target(of path: String) -> String {
        var url = URL(fileURLWithPath: path)
        // More links than the kernel follows are a circle, which opening the file reports.
        for _ in 0..<40 {
            guard let next = try? FileManager.default.destinationOfSymbolicLink(atPath: url.path) else { break }
            url = URL(fileURLWithPath: next, relativeTo: url.deletingLastPathComponent())
        }
        return url.path
    }
}
