// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
public import Traffic

/// What is wrong with a ledger's file, found by reading all of it and changing nothing.
///
/// The classifier may have the file open meanwhile: one snapshot is checked.
public struct LedgerCheck: Sendable {
    /// What is wrong, a sentence for each thing; empty if the ledger is sound.
    public private(set) var findings: [String] = []
    /// Version of the schema.
    public private(set) var schemaVersion = 0
    /// Series it knows.
    public private(set) var series = 0
    /// Everything ever booked.
    public private(set) var totals = FlowCounters.zero

    /// Findings beyond this many are not listed: the first ones tell what happened.
    public static let mostFindings = 100

    private(set) var path: String

    /// Checks the ledger at `path`.
    ///
    /// - Throws: ``LedgerError`` if the file is not a ledger, was made by a newer release, or cannot be read at all.
    public init(path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = true
        do {
            let header = try FileHeader(path: path)
            guard header.isSQLite else {
                throw LedgerError(.notALedger, "\(path) is not a NetLedger ledger: it is not an SQLite file")
            }
            let database = try DatabaseQueue(path: path, configuration: configuration)
            // What was found stands, however it ends; the check itself has nothing to lose.
            defer { try? database.close() }
            self = try database.read { [self] db in
                var check = self
                try check.run(db)
                return check
            }
        } catch {
            throw LedgerError(error, doing: "check", path: path)
        }
    }

    private mutating func run(_ db: Database) throws {
        guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
            throw LedgerError(.notALedger, "\(path) is not a NetLedger ledger: it is an SQLite file of another program")
        }
        schemaVersion = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard schemaVersion <= Schema.version else { throw LedgerError(newer: schemaVersion, path: path) }
        checkPages(db)
        guard checkSchema(db) else { return }
        attempt("series") { check throws in try check.checkSeries(db) }
        attempt("moves") { check throws in try check.checkMoves(db) }
        attempt("watermarks") { check throws in try check.checkWatermarks(db) }
        attempt("losses") { check throws in try check.checkLosses(db) }
        guard schemaVersion == Schema.version else { return }
        attempt("tiers") { check throws in try check.checkTiers(db) }
    }

    /// Adds a finding.
    mutating func find(_ finding: String) {
        guard findings.count <= Self.mostFindings else { return }
        findings.append(findings.count == Self.mostFindings ? "and more, which are not listed" : finding)
    }

    /// Runs a part of the check; what stops it is a finding, and the other parts go on.
    private mutating func attempt(_ subject: String, _ part: (inout LedgerCheck) throws -> Void) {
        do {
            try part(&self)
        } catch {
            find("the \(subject) cannot be read: \(error)")
        }
    }

    private mutating func checkPages(_ db: Database) {
        do {
            let lines = try String.fetchAll(db, sql: "PRAGMA integrity_check(\(Self.mostFindings))")
            for line in lines where line != "ok" { find(line) }
        } catch {
            find("SQLite cannot check its pages: \(error)")
        }
    }

    /// Compares tables and indices with those that the migrations make.
    private mutating func checkSchema(_ db: Database) -> Bool {
        let sql = "SELECT name, coalesce(sql, '') AS sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'"
        do {
            let wanted = try DatabaseQueue()
                .writeWithoutTransaction { [schemaVersion] db in
                    try Schema.migrate(db, path: ":memory:", to: schemaVersion)
                    return try Row.fetchAll(db, sql: sql)
                        .reduce(into: [String: String]()) { $0[$1["name"]] = $1["sql"] }
                }
            let found = try Row.fetchAll(db, sql: sql).reduce(into: [String: String]()) { $0[$1["name"]] = $1["sql"] }
            for name in Set(wanted.keys).union(found.keys).sorted() where wanted[name] != found[name] {
                if found[name] == nil {
                    find("\(name) is missing from the schema")
                } else {
                    find("\(name) is not part of the schema of version \(schemaVersion), or was changed")
                }
            }
            // A table more does no harm to reading the others.
            return Set(wanted.keys).isSubset(of: found.keys)
        } catch {
            find("the schema cannot be read: \(error)")
            return false
        }
    }

    private mutating func checkSeries(_ db: Database) throws {
        if schemaVersion == Schema.version {
            let keys = try Store.series(after: 0, db, path: path)
            series = keys.count
            if Set(keys).count < keys.count { find("a series is there twice") }
        } else {
            series = try Int.fetchOne(db, sql: "SELECT count(*) FROM series") ?? 0
        }
        let cursor = try RowCursor(
            "SELECT series_id, egress_bytes, ingress_bytes, egress_packets, ingress_packets FROM counters",
            db
        )
        defer { cursor.stop() }
        while try cursor.next() {
            guard (1...Int64(max(1, series))).contains(cursor.integer(0)), let counters = cursor.counters(from: 1)
            else {
                find("the counters of series \(cursor.integer(0)) have no series or are negative")
                continue
            }
            totals.addSaturating(counters)
        }
    }

    private mutating func checkWatermarks(_ db: Database) throws {
        let cursor = try RowCursor(
            "SELECT node, length(boot_id), sequence, batches, missing, records FROM watermarks",
            db
        )
        defer { cursor.stop() }
        while try cursor.next() {
            let (sequence, batches, missing) = (cursor.integer(2), cursor.integer(3), cursor.integer(4))
            let isInRange = sequence >= 1 && batches >= 1 && missing >= 0 && cursor.integer(5) >= 0
            let addsUp = sequence &- batches == missing
            if cursor.integer(1) != 16 || !isInRange || !addsUp {
                find(
                    "the watermark of node \(cursor.text(0)) contradicts itself: sequence \(sequence) is not "
                        + "\(batches) batches and \(missing) missing"
                )
            }
        }
    }

    /// What was moved counts for the series that it went to, and no longer for the one that waited.
    private mutating func checkMoves(_ db: Database) throws {
        guard schemaVersion == Schema.version else { return }
        try checkMoves("reattributed", db) { check, series, moved in
            guard let moved else {
                check.find("more was moved from series \(series) than was booked to it")
                return
            }
            check.totals = check.totals.subtracting(moved)
        }
        try checkMoves("rejudged", db) { check, series, moved in
            if moved == nil { check.find("more was moved to series \(series) than is booked to it") }
        }
    }

    /// Hands each series of `table` to `take`, with what was moved; `nil` if that is more than its counters have.
    private mutating func checkMoves(
        _ table: String,
        _ db: Database,
        _ take: (inout LedgerCheck, Int64, FlowCounters?) -> Void
    ) throws {
        let cursor = try RowCursor(
            """
            SELECT series_id, moved.egress_bytes, moved.ingress_bytes, moved.egress_packets, moved.ingress_packets,
                coalesce(booked.egress_bytes, 0), coalesce(booked.ingress_bytes, 0),
                coalesce(booked.egress_packets, 0), coalesce(booked.ingress_packets, 0)
            FROM \(table) AS moved LEFT JOIN counters AS booked USING (series_id)
            """,
            db
        )
        defer { cursor.stop() }
        while try cursor.next() {
            let (moved, booked) = (cursor.counters(from: 1), cursor.counters(from: 5))
            let isSound = moved.map { moved in booked.map { moved.isWithin($0) } ?? false } ?? false
            take(&self, cursor.integer(0), isSound ? moved : nil)
        }
    }

    /// What stands by minute must not be more than the sums of all time; it may be less, for it is pruned.
    private mutating func checkLosses(_ db: Database) throws {
        let nodes = try String.fetchAll(
            db,
            sql: """
                SELECT node || ', ' || reason FROM (
                    SELECT cluster, node, reason, sum(egress_bytes) AS eb, sum(ingress_bytes) AS ib,
                        sum(egress_packets) AS ep, sum(ingress_packets) AS ip
                    FROM losses GROUP BY cluster, node, reason
                ) LEFT JOIN loss_counters USING (cluster, node, reason)
                WHERE coalesce(egress_bytes, -1) < eb OR coalesce(ingress_bytes, -1) < ib
                    OR coalesce(egress_packets, -1) < ep OR coalesce(ingress_packets, -1) < ip
                """
        )
        for node in nodes { find("more is lost by minute than in all, for node and reason \(node)") }
    }
}
