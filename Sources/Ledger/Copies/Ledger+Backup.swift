// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Glibc

extension Ledger {
    /// Copies the ledger as it is now to a new file at `path`, while bookings go on.
    ///
    /// The copy is one snapshot, without free pages and without a log beside it. It is durable when this returns.
    ///
    /// - Throws: ``LedgerError``; then there is no file at `path`, unless there was one before.
    public func backUp(to path: String) async throws {
        guard access(path, F_OK) != 0 else {
            throw LedgerError(.cannotOpen, "there is a file \(path) already; name one that does not exist")
        }
        do {
            try await store.pool.writeCopy(to: path)
            try LedgerFile.synchronize(path)
        } catch {
            unlink(path)
            if error is CancellationError { throw error }
            throw LedgerError(error, doing: "back up", path: store.path)
        }
    }

    /// Deletes what backups that were cut short have left beside the ledger.
    static func deleteLeftovers(of path: String) {
        let url = URL(fileURLWithPath: path)
        let prefix = url.lastPathComponent + backupInfix
        // A directory that cannot be listed has nothing that we could delete.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.deletingLastPathComponent().path)) ?? []
        // A backup that somebody has named alike is not ours to delete.
        for name in names where name.hasPrefix(prefix) && UUID(uuidString: String(name.dropFirst(prefix.count))) != nil
        {
            unlink(url.deletingLastPathComponent().appendingPathComponent(name).path)
        }
    }

    /// A path beside the ledger for a copy that is on its way out; what is left of it is deleted at the next start.
    public var pathForCopy: String {
        store.path + Self.backupInfix + UUID().uuidString
    }

    private static let backupInfix = "-backup-"
}

extension DatabasePool {
    /// Writes a copy of the database to `path`, from one snapshot.
    fileprivate func writeCopy(to path: String) async throws {
        // VACUUM INTO wants to begin its own transaction.
        try await unsafeRead { db in try db.execute(sql: "VACUUM INTO ?", arguments: [path]) }
    }
}

extension LedgerFile {
    /// Makes the file at `path`, and its name, durable.
    static func synchronize(_ path: String) throws {
        for target in [path, URL(fileURLWithPath: path).deletingLastPathComponent().path] {
            let file = open(target, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else {
                throw LedgerError(.cannotOpen, "cannot open \(target): \(String(cString: strerror(errno)))")
            }
            defer { Glibc.close(file) }
            guard fsync(file) == 0 else {
                throw LedgerError(.storage, "cannot write \(target) to its disk: \(String(cString: strerror(errno)))")
            }
        }
    }
}
