// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Glibc

/// Puts a backup in the place of a ledger.
public enum LedgerRestore {
    /// Checks the ledger at `backup`, and makes a copy of it the ledger at `path`.
    ///
    /// The ledger that was there, with its log, is kept beside it under another name, and is in its place until the
    /// very last step.
    ///
    /// - Parameters:
    ///   - backup: A file that ``Ledger/backUp(to:)`` wrote.
    ///   - path: Where the ledger shall be. No process may have it open.
    ///   - replacing: Whether there may be a ledger already.
    ///   - now: Seconds since 1970, for the name under which the ledger that was there is kept.
    /// - Returns: The path of the ledger that was there; `nil` if there was none.
    /// - Throws: ``LedgerError``, nothing at `path` being changed then.
    @discardableResult
    public static func restore(_ backup: String, to path: String, replacing: Bool, now: Int64) throws -> String? {
        let check = try LedgerCheck(path: backup)
        if let finding = check.findings.first {
            throw LedgerError(.damaged, "the backup \(backup) is damaged and was not restored: \(finding)")
        }
        // Refuses files that are not ledgers, and ledgers that are open.
        let file = try LedgerFile(path: path)
        defer { file.unlock() }
        let exists = access(path, F_OK) == 0
        guard replacing || !exists else {
            throw LedgerError(.cannotOpen, "there is a ledger \(path) already; say that it shall be replaced")
        }
        let new = path + "-restore-\(getpid())"
        do {
            try FileManager.default.copyItem(atPath: backup, toPath: new)
            try LedgerFile.synchronize(new)
        } catch {
            unlink(new)
            throw LedgerError(.storage, "cannot copy \(backup) to \(new): \(error)")
        }
        let old = "\(path)-before-\(now)"
        if exists { try keep(path, as: old) }
        guard rename(new, path) == 0 else {
            throw LedgerError(.storage, "cannot put \(new) in place: \(String(cString: strerror(errno)))")
        }
        try LedgerFile.synchronize(path)
        return exists ? old : nil
    }

    /// Gives the ledger at `path` a second name, its log folded in.
    private static func keep(_ path: String, as old: String) throws {
        // A damaged ledger may not let itself be opened; its log is then kept under the new name, too.
        try? DatabaseQueue(path: path).close()
        guard link(path, old) == 0 else {
            throw LedgerError(.storage, "cannot keep \(path) as \(old): \(String(cString: strerror(errno)))")
        }
        // Beside another file than its own, a log would spoil that.
        for suffix in ["-wal", "-shm"] where access(path + suffix, F_OK) == 0 {
            guard rename(path + suffix, old + suffix) == 0 else {
                let reason = String(cString: strerror(errno))
                throw LedgerError(.storage, "cannot move \(path + suffix) aside: \(reason)")
            }
        }
    }
}
