// SPDX-License-Identifier: Apache-2.0
import GRDB

/// The ledger's schema: what marks a file as a ledger, and the migrations that make it.
enum Schema {
    /// `PRAGMA application_id` of every ledger: "NLGR" in ASCII.
    static let applicationID: Int32 = 0x4e4c_4752

    /// The files of `migrations/`, in order; the first leads to version 1, and so on.
    static let migrations: [[UInt8]] = [
        PackageResources._001_ledger_sql,
        PackageResources._002_conservation_sql,
        PackageResources._003_nat_sql,
        PackageResources._004_workloads_sql,
        PackageResources._005_tiers_sql,
        PackageResources._008_closes_sql,
        PackageResources._009_rollups_by_workload_sql,
        PackageResources._010_rejudged_sql,
        PackageResources._011_bills_sql,
        PackageResources._012_peer_region_sql,
    ]

    /// The version this release reads and writes, recorded as `PRAGMA user_version`.
    static var version: Int {
        migrations.count
    }

    /// Brings `db` to `version`, each migration in a transaction of its own; throws if the file is newer.
    static func migrate(_ db: Database, path: String, to version: Int = version) throws {
        for (index, sql) in migrations.prefix(version).enumerated() {
            try db.inTransaction(.immediate) {
                let current = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
                guard current <= version else { throw LedgerError(newer: current, path: path) }
                guard current <= index else { return .commit }
                try db.execute(sql: String(decoding: sql, as: UTF8.self))
                try db.execute(sql: "PRAGMA application_id = \(applicationID)")
                try db.execute(sql: "PRAGMA user_version = \(index + 1)")
                return .commit
            }
        }
    }
}

extension LedgerError {
    /// The refusal of the file at `path`, whose schema has the version `newer`.
    init(newer: Int, path: String) {
        self.init(
            .newerSchema,
            "the ledger \(path) has schema version \(newer) and this release knows versions up to \(Schema.version); "
                + "run the newer release, or name another file. The file was not touched"
        )
    }
}
