// SPDX-License-Identifier: Apache-2.0
import GRDB

extension LedgerError {
    /// What `error`, thrown while `doing` something to the ledger at `path`, means to an operator.
    ///
    /// - Parameter doing: Completes "cannot …", for instance "commit to".
    init(_ error: any Error, doing: String, path: String) {
        if let error = error as? LedgerError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.storage, "cannot \(doing) the ledger \(path): \(error)")
            return
        }
        let cause = "\(error.message ?? "no message") (SQLite result \(error.extendedResultCode.rawValue))"
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(
                .diskFull,
                "cannot \(doing) the ledger \(path): its disk is full; free some space and it goes on by itself. \(cause)"
            )
        case .SQLITE_READONLY:
            self.init(
                .readOnly,
                "cannot \(doing) the ledger \(path): the file or its file system is read-only; make it writable. \(cause)"
            )
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .locked,
                "cannot \(doing) the ledger \(path): another process holds its write lock; end that process. \(cause)"
            )
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            self.init(.damaged, path: path, cause)
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                .cannotOpen,
                "cannot \(doing) the ledger \(path): see that its directory exists and that this user may write there. "
                    + cause
            )
        default:
            self.init(.storage, "cannot \(doing) the ledger \(path): \(cause)")
        }
    }

    /// Damage at `path`, described by `finding`.
    init(_ code: Code, path: String, _ finding: String) {
        self.init(
            code,
            "the ledger \(path) is damaged: \(finding); restore a backup, or recover what is left with "
                + "`sqlite3 \(path) .recover`"
        )
    }
}
