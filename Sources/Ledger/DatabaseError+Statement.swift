// SPDX-License-Identifier: Apache-2.0
import GRDB
import GRDBSQLite

extension DatabaseError {
    /// The error that the connection of `handle` reported last.
    init(lastErrorOf handle: SQLiteStatement) {
        let connection = sqlite3_db_handle(handle)
        self.init(
            resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
            message: String(cString: sqlite3_errmsg(connection))
        )
    }
}
