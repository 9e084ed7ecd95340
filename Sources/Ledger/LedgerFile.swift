// SPDX-License-Identifier: Apache-2.0
import GRDB
import Glibc
import Synchronization

/// The file of a ledger before SQLite may write to it: locked against a second process, and known to be ours.
///
/// The lock is a file beside it, `<ledger>-lock`. It ends with the process, however that ends.
final class LedgerFile: Sendable {
    /// Path of the ledger.
    let path: String
    /// The locked file; `nil` once it is unlocked.
    private let lock: Mutex<CInt?>

    /// Locks and inspects the file at `path`, which need not exist.
    ///
    /// - Throws: ``LedgerError`` if another process has it, if it is not a ledger, or if its schema is newer. The file
    ///   was not written to.
    init(path: String) throws {
        self.path = path
        let lockPath = path + "-lock"
        let isNew = access(lockPath, F_OK) != 0
        let file = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        lock = Mutex(file < 0 ? nil : file)
        guard file >= 0 else {
            throw LedgerError(
                errno == EROFS ? .readOnly : .cannotOpen,
                "cannot create \(lockPath): \(Self.reason); see that the directory exists and that this user may write there"
            )
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            throw LedgerError(
                .locked,
                "the ledger \(path) is open in another process; end that one, or name another file"
            )
        }
        do {
            try Self.inspect(path)
        } catch {
            // What is not a ledger of ours is left without a trace.
            if isNew { unlink(lockPath) }
            throw error
        }
    }

    deinit {
        unlock()
    }

    /// Lets another process open the ledger; does nothing the second time.
    func unlock() {
        lock.withLock { file in
            if let locked = file { close(locked) }
            file = nil
        }
    }

    /// Bytes on disk of the ledger and its write-ahead log.
    var bytes: Int64 {
        Self.size(path) + Self.size(path + "-wal")
    }

    private static func size(_ path: String) -> Int64 {
        var info = stat()
        return stat(path, &info) == 0 ? Int64(info.st_size) : 0
    }

    private static var reason: String {
        String(cString: strerror(errno))
    }

    /// True if there is no file, or an empty one: a ledger has yet to be made.
    var isMissing: Bool {
        Self.size(path) == 0
    }

    private static func inspect(_ path: String) throws {
        guard size(path) > 0 else {
            // SQLite would delete it, or add it to the file that is made.
            if let log = ["-wal", "-journal"].map({ path + $0 }).first(where: { size($0) > 0 }) {
                throw LedgerError(
                    .cannotOpen,
                    "there is a log \(log) and no ledger \(path) that it belongs to; put the ledger back, or move the log "
                        + "away to begin a new one. Nothing was touched"
                )
            }
            return
        }
        let header = try FileHeader(path: path)
        guard header.isSQLite else {
            throw notALedger(path, "it is not an SQLite file")
        }
        // The log may hold a newer first page than the file.
        if header.applicationID == Schema.applicationID, self.size(path + "-wal") == 0 {
            try check(version: Int(header.userVersion), path: path)
        } else {
            try inspectThroughSQLite(path)
        }
    }

    /// Reads what the file and its log say together, on a connection that cannot write.
    private static func inspectThroughSQLite(_ path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        do {
            try DatabaseQueue(path: path, configuration: configuration)
                .read { db in
                    guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
                        throw notALedger(path, "it is an SQLite file of another program")
                    }
                    try check(version: try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0, path: path)
                }
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
            throw notALedger(path, "it is an SQLite file with an unfinished transaction of another program")
        } catch {
            throw LedgerError(error, doing: "read", path: path)
        }
    }

    private static func check(version: Int, path: String) throws {
        guard version <= Schema.version else { throw LedgerError(newer: version, path: path) }
    }

    private static func notALedger(_ path: String, _ finding: String) -> LedgerError {
        LedgerError(.notALedger, "\(path) is not a NetLedger ledger: \(finding); name another file. It was not touched")
    }
}
