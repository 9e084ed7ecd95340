// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

/// All rows of the tiers, packed or not, for checking them.
struct TierContent {
    private let db: Database
    private let series: Int

    /// The content of `db`, a ledger that knows `series` series.
    init(_ db: Database, series: Int) {
        self.db = db
        self.series = series
    }

    /// Hands to `find` what is wrong with single rows of `tier`.
    func checkBuckets(of tier: Resolution, _ find: (String) -> Void) throws {
        let table = tier.rawValue
        let strays = try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM \(table) WHERE bucket_start % \(tier.seconds) != 0 OR bucket_start < 0
                OR series_id < 1 OR series_id > \(series) OR egress_bytes < 0 OR ingress_bytes < 0
                OR egress_packets < 0 OR ingress_packets < 0
                """
        )
        if let strays, strays > 0 {
            find("\(strays) rows of the table \(table) have no bucket or no series, or are negative")
        }
        guard let sealed = tier.sealedTable?.name else { return }
        let misplaced = try Int.fetchOne(
            db,
            sql: "SELECT count(*) FROM \(sealed) WHERE bucket_start % \(tier.seconds) != 0 OR bucket_start < 0"
        )
        if let misplaced, misplaced > 0 { find("\(misplaced) segments of the table \(sealed) have no bucket") }
    }

    /// First seconds of the buckets that `tier` has something of.
    func buckets(of tier: Resolution) throws -> Set<Int64> {
        var buckets = Set(try Int64.fetchAll(db, sql: "SELECT DISTINCT bucket_start FROM \(tier.rawValue)"))
        if let sealed = tier.sealedTable {
            buckets.formUnion(try Int64.fetchAll(db, sql: "SELECT DISTINCT bucket_start FROM \(sealed.name)"))
        }
        return buckets
    }

    /// Everything that `tier` holds; segments that cannot be read are handed to `find`.
    func total(of tier: Resolution, _ find: (String) -> Void) throws -> FlowCounters {
        var total = FlowCounters.zero
        let rows = try RowCursor(
            "SELECT \(Scan.columns) FROM \(tier.rawValue) WHERE bucket_start >= ?1 AND bucket_start < ?2",
            db
        )
        defer { rows.stop() }
        rows.restart(0, .max)
        while try rows.next() { total.addSaturating(rows.counters(from: 2) ?? .zero) }
        guard let table = tier.sealedTable else { return total }
        let segments = try RowCursor("SELECT key, columns, series_count FROM \(table.name) ORDER BY key", db)
        defer { segments.stop() }
        var unpacked = SegmentRows()
        var lastID = 0
        var lastBucket = Int64.min
        while try segments.next() {
            let key = segments.integer(0)
            let bucketStart = SegmentKey.bucketStart(of: key)
            let isIntact = segments.withBytes(1) { Segment.unpack($0, key: key, into: &unpacked) }
            guard isIntact, Int64(unpacked.count) == segments.integer(2) else {
                find("the segment of \(UTCTime(secondsSinceEpoch: bucketStart)) in \(table.name) fails its checksum")
                continue
            }
            let isInOrder = bucketStart != lastBucket || SegmentKey.series(of: key) > lastID
            lastID = Int(unpacked.ids.last ?? 0)
            lastBucket = bucketStart
            if !isInOrder || lastID > series {
                find(
                    "the segment of \(UTCTime(secondsSinceEpoch: bucketStart)) in \(table.name) overlaps another or "
                        + "has a series that does not exist"
                )
            }
            for counters in unpacked.counters { total.addSaturating(counters) }
        }
        return total
    }

    /// What `tier` holds of the buckets in `start..<end`, by series id minus 1; what cannot be read counts as nothing.
    mutating func sums(of tier: Resolution, from start: Int64, to end: Int64) throws -> [FlowCounters] {
        var sums = [FlowCounters](repeating: .zero, count: series)
        func add(_ counters: FlowCounters?, to id: Int64) {
            guard let counters, id >= 1, id <= series else { return }
            sums[Int(id) - 1].addSaturating(counters)
        }
        let rows = try RowCursor(
            "SELECT \(Scan.columns) FROM \(tier.rawValue) WHERE bucket_start >= ?1 AND bucket_start < ?2",
            db
        )
        defer { rows.stop() }
        rows.restart(start, end)
        while try rows.next() { add(rows.counters(from: 2), to: rows.integer(1)) }
        guard let table = tier.sealedTable else { return sums }
        let segments = try RowCursor("SELECT key, columns FROM \(table.name) WHERE key >= ?1 AND key < ?2", db)
        defer { segments.stop() }
        segments.restart(SegmentKey.key(start), SegmentKey.key(end))
        var unpacked = SegmentRows()
        while try segments.next() {
            let key = segments.integer(0)
            guard segments.withBytes(1, { Segment.unpack($0, key: key, into: &unpacked) }) else { continue }
            for (id, counters) in zip(unpacked.ids, unpacked.counters) { add(counters, to: Int64(id)) }
        }
        return sums
    }
}
