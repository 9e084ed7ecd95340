// SPDX-License-Identifier: Apache-2.0
import GRDB
public import Queries

extension Ledger {
    /// The saved bills that bill some of `range`, or all of them, sorted by name, with their documents.
    ///
    /// - Throws: ``LedgerError``.
    public func bills(of range: Range<Int64>? = nil) async throws -> [(bill: SavedBill, document: String)] {
        try await store.bills(of: range)
    }

    /// Saves a bill; one of the same name is replaced.
    ///
    /// - Returns: The name of another bill with the same document; nothing was saved then. Else `nil`.
    /// - Throws: ``LedgerError``; nothing was saved then.
    public func save(_ bill: SavedBill, document: String) async throws -> String? {
        try await store.save(bill, document: document)
    }

    /// Removes the bill called `name`.
    ///
    /// - Returns: False if there is none.
    /// - Throws: ``LedgerError``.
    public func removeBill(named name: String) async throws -> Bool {
        try await store.removeBill(named: name)
    }
}

extension Store {
    fileprivate func bills(of range: Range<Int64>?) async throws -> [(bill: SavedBill, document: String)] {
        do {
            return try await pool.read { db in
                try Row.fetchAll(
                    db,
                    sql: "SELECT * FROM bills WHERE billed_from < ?1 AND billed_until > ?2 ORDER BY name",
                    arguments: [range?.upperBound ?? Int64.max, range?.lowerBound ?? Int64.min]
                )
                .map { row in
                    (
                        SavedBill(
                            name: row["name"],
                            start: row["billed_from"],
                            end: row["billed_until"],
                            currency: row["currency"],
                            savedAt: row["saved_at"],
                            hash: row["hash"]
                        ), row["document"]
                    )
                }
            }
        } catch {
            throw LedgerError(error, doing: "read", path: path)
        }
    }

    fileprivate func save(_ bill: SavedBill, document: String) async throws -> String? {
        do {
            return try await pool.write { db in
                let twin = try String.fetchOne(
                    db,
                    sql: "SELECT name FROM bills WHERE hash = ? AND name <> ?",
                    arguments: [bill.hash, bill.name]
                )
                if let twin { return twin }
                try db.execute(
                    sql: """
                        INSERT OR REPLACE INTO bills (name, billed_from, billed_until, currency, saved_at, hash, document)
                        VALUES (?, ?, ?, ?, ?, ?, ?)
                        """,
                    arguments: [
                        bill.name, bill.start, bill.end, bill.currency, bill.savedAt, bill.hash, document,
                    ]
                )
                return nil
            }
        } catch {
            throw LedgerError(error, doing: "save a bill in", path: path)
        }
    }

    fileprivate func removeBill(named name: String) async throws -> Bool {
        do {
            return try await pool.write { db in
                try db.execute(sql: "DELETE FROM bills WHERE name = ?", arguments: [name])
                return db.changesCount > 0
            }
        } catch {
            throw LedgerError(error, doing: "remove a bill from", path: path)
        }
    }
}
