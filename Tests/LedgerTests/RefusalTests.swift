// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Ledger

@Suite("Files that are refused")
struct RefusalTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = directory.file("ledger.db")
    }

    /// Names and contents of the files in the directory; SQLite's shared memory is scratch and does not count.
    private func contents() throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { !$0.hasSuffix("-shm") }
        return try names.reduce(into: [:]) { contents, name in
            contents[name] = try Data(contentsOf: URL(fileURLWithPath: directory.file(name)))
        }
    }

    private func expectRefusal(_ code: LedgerError.Code, naming words: String...) throws {
        let before = try contents()
        let error = try #require(throws: LedgerError.self) { try Ledger(path: path) }
        #expect(error.code == code)
        for word in words + [path] {
            #expect(error.description.contains(word), "\(error.description)")
        }
        #expect(try contents() == before)
    }

    private func makeLedger() async throws {
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1))
        await ledger.close()
    }

    @Test func aNewerSchemaIsRefusedUntouched() async throws {
        defer { directory.remove() }
        try await makeLedger()
        let newer = Schema.version + 1
        let queue = try DatabaseQueue(path: path)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA user_version = \(newer); CREATE TABLE future (x)")
        }
        try queue.close()
        try expectRefusal(.newerSchema, naming: "\(newer)", "\(Schema.version)")
    }

    @Test func aNewerSchemaThatIsStillInTheLogIsRefusedUntouched() async throws {
        defer { directory.remove() }
        try await makeLedger()
        let live = directory.file("live.db")
        try FileManager.default.moveItem(atPath: path, toPath: live)
        try FileManager.default.removeItem(atPath: path + "-lock")
        let queue = try DatabaseQueue(path: live)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = \(Schema.version + 1)")
        }
        // As after a crash: the file still has the old version, the log has the new one.
        for suffix in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: live + suffix, toPath: path + suffix)
        }
        #expect(try FileHeader(path: path).userVersion == Int32(Schema.version))
        try expectRefusal(.newerSchema, naming: "\(Schema.version + 1)")
        try queue.close()
    }

    @Test func anotherProgramsDatabaseIsRefusedUntouched() async throws {
        defer { directory.remove() }
        let queue = try DatabaseQueue(path: path)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "CREATE TABLE song (title TEXT); INSERT INTO song VALUES ('Hallelujah')")
        }
        try queue.close()
        try expectRefusal(.notALedger, naming: "another program")
        let other = try DatabaseQueue(path: path)
        try await other.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA application_id = 42") }
        try other.close()
        try expectRefusal(.notALedger, naming: "another program")
    }

    @Test(arguments: [1, 1000])
    func whatIsNoDatabaseIsRefusedUntouched(lines: Int) throws {
        defer { directory.remove() }
        try Data(String(repeating: "a line of text\n", count: lines).utf8).write(to: URL(fileURLWithPath: path))
        try expectRefusal(.notALedger, naming: "not an SQLite file")
    }

    @Test func anEmptyFileBecomesALedger() async throws {
        defer { directory.remove() }
        try Data().write(to: URL(fileURLWithPath: path))
        try await makeLedger()
        #expect(try FileHeader(path: path).applicationID == Schema.applicationID)
    }

    @Test func anEmptyFileKeepsItsModeAndALinkStaysALink() async throws {
        defer { directory.remove() }
        let target = directory.file("target.db")
        try Data().write(to: URL(fileURLWithPath: target))
        chmod(target, 0o640)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "target.db")
        try await makeLedger()
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "target.db")
        #expect(try FileHeader(path: target).applicationID == Schema.applicationID)
        let attributes = try FileManager.default.attributesOfItem(atPath: target)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o640)
    }

    @Test func whatAnUnfinishedCreationLeftIsReplaced() async throws {
        defer { directory.remove() }
        for suffix in ["", "-journal", "-wal"] {
            let file = path + LedgerCreation.suffix + suffix
            try Data(repeating: 0xa5, count: 8192).write(to: URL(fileURLWithPath: file))
        }
        try await makeLedger()
        #expect(Set(try contents().keys) == ["ledger.db", "ledger.db-lock"])
        #expect(try LedgerCheck(path: path).findings == [])
    }

    @Test(arguments: ["-wal", "-journal"])
    func aLogWithoutItsLedgerIsRefusedUntouched(suffix: String) async throws {
        defer { directory.remove() }
        try Data(repeating: 0xa5, count: 8192).write(to: URL(fileURLWithPath: path + suffix))
        try expectRefusal(.cannotOpen, naming: path + suffix)
    }

    @Test func anEmptyDatabaseOfAnotherProgramIsRefusedUntouched() async throws {
        defer { directory.remove() }
        let queue = try DatabaseQueue(path: path)
        try await queue.writeWithoutTransaction { db in
            try db.execute(sql: "CREATE TABLE x (y); DROP TABLE x")
        }
        try queue.close()
        try expectRefusal(.notALedger, naming: "another program")
    }

    @Test func aMissingDirectoryIsNamed() throws {
        directory.remove()
        let error = try #require(throws: LedgerError.self) { try Ledger(path: path) }
        #expect(error.code == .cannotOpen)
        #expect(error.description.contains("directory"))
        #expect(error.description.contains(path))
    }

    @Test func damageIsReportedAtTheStart() async throws {
        defer { directory.remove() }
        try await makeLedger()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        // Every page but the first, so that the file still says whose it is.
        for index in 4096..<bytes.count { bytes[index] = 0xa5 }
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = try #require(throws: LedgerError.self) { try Ledger(path: path) }
        #expect(error.code == .damaged)
        #expect(error.description.contains("backup"))
    }

    @Test func damageBelowTheCheckIsReportedByWhatMeetsIt() async throws {
        defer { directory.remove() }
        try await makeLedger()
        let queue = try DatabaseQueue(path: path)
        try await queue.writeWithoutTransaction { db in try db.execute(sql: "DELETE FROM series") }
        try queue.close()
        var options = LedgerOptions.immediate
        options.integrityCheckLimit = 0
        let error = try #require(throws: LedgerError.self) { try Ledger(path: path, options: options) }
        #expect(error.code == .damaged)
        #expect(error.description.contains("series 1"))
    }

    @Test func bucketsOfASeriesThatDoesNotExistAreReported() async throws {
        defer { directory.remove() }
        let ledger = try Ledger(path: path, options: .immediate)
        _ = try await ledger.book(.sample(sequence: 1))
        try await ledger.store.pool.writeWithoutTransaction { db in
            try db.execute(sql: "UPDATE day SET series_id = 77")
        }
        #expect(try await code { _ = try await ledger.facts(for: .day()) } == .damaged)
        await ledger.close()
    }
}
