// SPDX-License-Identifier: Apache-2.0
import Foundation
import GRDB
public import Queries
public import Traffic

/// Fills a new ledger with history, sealed from the start: thousands of times faster than booking it.
///
/// It is for samples to measure and try things with; there are no batches, so there are no watermarks. Power must not
/// fail meanwhile.
public final class LedgerLoader {
    /// A row of a bucket.
    public struct Row: Hashable, Sendable {
        /// Id of the series: its place in ``LedgerLoader/add(_:)``, from 1.
        public var series: Int
        /// Its bytes and packets.
        public var counters: FlowCounters

        /// `counters` of the series with the id `series`.
        public init(series: Int, counters: FlowCounters) {
            self.series = series
            self.counters = counters
        }
    }

    private let store: Store
    private var directory = SeriesDirectory()
    private var totals: [FlowCounters] = []
    private var loaded: [Resolution: FlowCounters] = [:]

    /// A loader of a new ledger at `path`.
    ///
    /// - Throws: ``LedgerError`` if there is a file, or none can be made.
    public init(path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw LedgerError(.cannotOpen, "there is a file \(path) already; name one that does not exist")
        }
        store = try Store(path: path, options: LedgerOptions())
        try write { db in try db.execute(sql: "PRAGMA synchronous = OFF") }
    }

    /// Adds `series`, whose ids follow those before.
    public func add(_ series: [SeriesKey]) throws {
        try write { db in
            try db.inTransaction {
                try Store.insert(series, firstID: directory.series.count + 1, db)
                return .commit
            }
        }
        for key in series { directory.append(key) }
        totals += Array(repeating: .zero, count: series.count)
    }

    /// Writes a bucket of `tier`, which is new: `rows` are in the order of their series, each once.
    ///
    /// - Parameters:
    ///   - tier: What the bucket is as wide as.
    ///   - bucketStart: Its first second, since 1970-01-01T00:00:00Z.
    ///   - rows: Days are what the counters are the sum of; hours and minutes must agree with them.
    public func write(_ tier: Resolution, _ bucketStart: Int64, _ rows: [Row]) throws {
        for row in rows {
            loaded[tier, default: .zero] += row.counters
            if tier == .day { totals[row.series - 1] += row.counters }
        }
        try write { db in
            try db.inTransaction {
                if let table = tier.sealedTable {
                    var packed = SegmentRows()
                    for row in rows { packed.append(Int32(row.series), row.counters) }
                    let bucket = SealedBucket(table, rows: tier, bucketStart: bucketStart, path: store.path, db)
                    try bucket.insert(packed)
                } else {
                    try BucketUpsert(tier, db)
                        .add(
                            rows.map {
                                BucketRow(bucketStart: bucketStart, seriesID: $0.series, counters: $0.counters)
                            }
                        )
                    try DayRollup(bucketStart, directory: directory, path: store.path).write(db)
                }
                return .commit
            }
        }
    }

    /// Writes the counters, and closes the file.
    ///
    /// - Parameter horizon: From when on everything was written to each tier.
    public func finish(horizon: TierHorizon) throws {
        try write { db in
            try db.inTransaction {
                let rows = totals.enumerated()
                    .map { BucketRow(bucketStart: 0, seriesID: $0.offset + 1, counters: $0.element) }
                try BucketUpsert(countersOf: db).add(rows)
                let all = loaded[.day, default: .zero]
                for tier in Resolution.allCases {
                    let held = loaded[tier, default: .zero]
                    try db.execute(
                        sql: "UPDATE tiers SET kept_from = ?, egress_bytes = ?, ingress_bytes = ?, "
                            + "egress_packets = ?, ingress_packets = ? WHERE tier = ?",
                        arguments: [
                            horizon[tier], all.egressBytes - held.egressBytes, all.ingressBytes - held.ingressBytes,
                            all.egressPackets - held.egressPackets, all.ingressPackets - held.ingressPackets,
                            tier.rawValue,
                        ]
                    )
                }
                return .commit
            }
        }
        store.close()
    }

    private func write(_ body: (Database) throws -> Void) throws {
        do {
            try store.pool.writeWithoutTransaction(body)
        } catch {
            throw LedgerError(error, doing: "load", path: store.path)
        }
    }
}
