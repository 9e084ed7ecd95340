// SPDX-License-Identifier: Apache-2.0
import GRDB

extension Store {
    /// The revisions of `month`, or of all without their documents.
    func closes(of month: String?) async throws -> [Close] {
        do {
            return try await pool.read { db in
                let document = month == nil ? "''" : "document"
                return
                    try Row.fetchAll(
                        db,
                        sql: """
                            SELECT month, revision, closed_at, hash, \(document) AS document FROM closes
                            WHERE ?1 IS NULL OR month = ?1 ORDER BY month, revision
                            """,
                        arguments: [month]
                    )
                    .map(Close.init(row:))
            }
        } catch {
            throw LedgerError(error, doing: "read", path: path)
        }
    }

    /// Adds a revision unless its hash is that of the last one.
    func close(
        _ month: String,
        document: String,
        hash: String,
        now: Int64
    ) async throws -> (close: Close, isNew: Bool) {
        do {
            return try await pool.write { db in
                let last =
                    try Row.fetchOne(
                        db,
                        sql: "SELECT * FROM closes WHERE month = ? ORDER BY revision DESC LIMIT 1",
                        arguments: [month]
                    )
                    .map(Close.init(row:))
                if let last, last.hash == hash { return (last, false) }
                let close = Close(
                    month: month,
                    revision: (last?.revision ?? 0) + 1,
                    closedAt: now,
                    hash: hash,
                    document: document
                )
                try db.execute(
                    sql: "INSERT INTO closes (month, revision, closed_at, hash, document) VALUES (?, ?, ?, ?, ?)",
                    arguments: [close.month, close.revision, close.closedAt, close.hash, close.document]
                )
                return (close, true)
            }
        } catch {
            throw LedgerError(error, doing: "close a month in", path: path)
        }
    }
}

extension Close {
    fileprivate init(row: Row) {
        self.init(
            month: row["month"],
            revision: row["revision"],
            closedAt: row["closed_at"],
            hash: row["hash"],
            document: row["document"]
        )
    }
}
