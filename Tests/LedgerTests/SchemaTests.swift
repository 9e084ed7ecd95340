// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import Queries
import TestSupport
import Testing
import Traffic

@testable import Ledger

@Suite("Schema")
struct SchemaTests {
    @Test func everyMigrationInTheFolderIsEmbedded() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("migrations")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.resolvingSymlinksInPath().path).sorted()
        #expect(names.count == Schema.version)
        for (index, name) in names.enumerated() {
            let file = try Data(contentsOf: folder.appendingPathComponent(name))
            #expect(Array(file) == Schema.migrations[index], "\(name)")
        }
    }

    @Test func columnsOfASeriesAreNamedAsTheDimensions() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let ledger = try Ledger(path: directory.file("ledger.db"), options: .immediate)
        let columns = try await ledger.store.pool.read { db in try db.columns(in: "series").map(\.name) }
        #expect(columns == ["id"] + Dimension.allCases.map(\.rawValue))
        #expect(try await ledger.status().schemaVersion == Ledger.schemaVersion)
        await ledger.close()
    }

    @Test func aMigrationThatFailsLeavesNothing() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let queue = try DatabaseQueue(path: directory.file("ledger.db"))
        try await queue.writeWithoutTransaction { db in
            // The last table of the first migration is in the way.
            try db.execute(sql: "CREATE TABLE loss_counters (x)")
            #expect(throws: DatabaseError.self) { try Schema.migrate(db, path: "ledger.db") }
            #expect(try !db.tableExists("series"))
            #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == 0)
            #expect(try Int.fetchOne(db, sql: "PRAGMA application_id") == 0)
            try db.execute(sql: "DROP TABLE loss_counters")
            try Schema.migrate(db, path: "ledger.db")
            try Schema.migrate(db, path: "ledger.db")
            #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == Schema.version)
        }
    }

    /// Of bytes that were booked before the ledger kept it, nobody can say whether they passed a NAT gateway.
    @Test func seriesOfTheFirstSchemaAreKept() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let path = directory.file("ledger.db")
        let queue = try DatabaseQueue(path: path)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: String(decoding: Schema.migrations[0], as: UTF8.self))
            try db.execute(
                sql: """
                    PRAGMA application_id = \(Schema.applicationID);
                    PRAGMA user_version = 1;
                    INSERT INTO series VALUES
                    (1, 'c', 'n1', 'r1', 'z1', 'unit', 'shop', 'web', '', 'pod', 'internet', '', 'default');
                    INSERT INTO day VALUES (\(midnight), 1, 7, 0, 1, 0);
                    INSERT INTO hour VALUES (\(midnight), 1, 7, 0, 1, 0);
                    INSERT INTO minute VALUES (\(midnight), 1, 7, 0, 1, 0);
                    INSERT INTO counters VALUES (1, 7, 0, 1, 0);
                    """
            )
        }
        try queue.close()
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1, bytes: 5))
        let facts = try await ledger.facts(for: .day(groupBy: [.pod, .nat])).facts
        #expect(
            Set(facts.map { "\($0.group) \($0.counters.egressBytes)" }) == [
                #"["web", "unknown"] 7"#, #"["web", "no"] 5"#,
            ]
        )
        await ledger.close()
    }
}
