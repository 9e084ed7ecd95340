// SPDX-License-Identifier: Apache-2.0
import GRDB
import GRDBSQLite
import Queries
import Traffic

/// Adds rows to one of the tiers, straight through SQLite's C interface: a few times cheaper a row than GRDB's.
struct BucketUpsert {
    private let statement: Statement

    /// The upsert for the table of `resolution`.
    init(_ resolution: Resolution, _ db: Database) throws {
        statement = try db.cachedStatement(
            sql: """
                INSERT INTO \(resolution.rawValue)
                (bucket_start, series_id, egress_bytes, ingress_bytes, egress_packets, ingress_packets)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                ON CONFLICT (bucket_start, series_id) DO UPDATE SET
                egress_bytes = egress_bytes + ?3, ingress_bytes = ingress_bytes + ?4,
                egress_packets = egress_packets + ?5, ingress_packets = ingress_packets + ?6
                """
        )
    }

    /// Adds `rows`, which cost least in key order.
    func add(_ rows: [BucketRow]) throws {
        let handle = statement.sqliteStatement
        for row in rows {
            sqlite3_bind_int64(handle, 1, row.bucketStart)
            sqlite3_bind_int64(handle, 2, Int64(row.seriesID))
            bind(row.counters, to: handle, from: 3)
            try run(handle)
        }
    }
}

/// Adds to the cumulative counters, as ``BucketUpsert`` does to a tier.
struct CounterUpsert {
    private let statement: Statement

    /// The upsert for the table `counters`.
    init(_ db: Database) throws {
        statement = try db.cachedStatement(
            sql: """
                INSERT INTO counters (series_id, egress_bytes, ingress_bytes, egress_packets, ingress_packets)
                VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (series_id) DO UPDATE SET
                egress_bytes = egress_bytes + ?2, ingress_bytes = ingress_bytes + ?3,
                egress_packets = egress_packets + ?4, ingress_packets = ingress_packets + ?5
                """
        )
    }

    /// Adds `rows`, whatever their buckets.
    func add(_ rows: [BucketRow]) throws {
        let handle = statement.sqliteStatement
        for row in rows {
            sqlite3_bind_int64(handle, 1, Int64(row.seriesID))
            bind(row.counters, to: handle, from: 2)
            try run(handle)
        }
    }
}

/// Binds the four counters, each below 2^63, to consecutive parameters.
private func bind(_ counters: FlowCounters, to handle: SQLiteStatement, from index: CInt) {
    sqlite3_bind_int64(handle, index, Int64(counters.egressBytes))
    sqlite3_bind_int64(handle, index + 1, Int64(counters.ingressBytes))
    sqlite3_bind_int64(handle, index + 2, Int64(counters.egressPackets))
    sqlite3_bind_int64(handle, index + 3, Int64(counters.ingressPackets))
}

/// Runs a statement that returns no rows, and makes it ready for the next.
private func run(_ handle: SQLiteStatement) throws {
    let result = sqlite3_step(handle)
    guard result == SQLITE_DONE else {
        let error = DatabaseError(lastErrorOf: handle)
        sqlite3_reset(handle)
        throw error
    }
    sqlite3_reset(handle)
}
