// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

/// Sums the rows of a query, by reading whole buckets or by looking up single series, whichever costs less.
///
/// A bucket may be in rows, in segments, or in both, where bytes came after it was sealed: it is always their sum.
struct Scan {
    private let query: UsageQuery
    private let selection: SeriesSelection
    private let path: String
    let db: Database

    static let columns = "bucket_start, series_id, egress_bytes, ingress_bytes, egress_packets, ingress_packets"
    /// Rows between two looks at whether the task was cancelled: about a millisecond's worth.
    private static let cancellationStride = 8192

    /// The scan for `query`, on the snapshot of `db`, which is the ledger at `path`.
    init(_ query: UsageQuery, selection: SeriesSelection, path: String, _ db: Database) {
        self.query = query
        self.selection = selection
        self.path = path
        self.db = db
    }

    /// What there is in `parts`, which are in the order of time.
    ///
    /// - Throws: ``LedgerError``, with the code `tooLarge` if there are more than `mostCells` groups in buckets.
    func sum(_ parts: [ReadPart], mostCells: Int = UsageQuery.mostFacts) throws -> FactSum {
        var sum = FactSum(query, selection, mostCells: mostCells)
        guard !selection.members.isEmpty else { return sum }
        do {
            for part in parts { try add(part, to: &sum) }
            try sum.finish()
        } catch SumError.overflow {
            throw LedgerError.sumBeyond64Bits
        } catch SumError.tooMany {
            throw LedgerError(tooManyRowsOf: query, most: mostCells)
        } catch SumError.unknownSeries(let id) {
            throw LedgerError(.damaged, path: path, "bytes are booked to series \(id), which does not exist")
        }
        return sum
    }

    private func add(_ part: ReadPart, to sum: inout FactSum) throws {
        if part.resolution == .day, SeriesDirectory.rollsUp(query) {
            try addRollups(part, to: &sum)
        } else if selection.isSmall, try LookupCost(part, db).prefersLookups(of: selection.members) {
            try lookUp(part, to: &sum)
        } else {
            try readAll(part, to: &sum)
        }
    }

    private func readAll(_ part: ReadPart, to sum: inout FactSum) throws {
        let rows = try rowCursor(part.resolution)
        defer { rows.stop() }
        rows.restart(part.start, part.end)
        var hasRow = try rows.next()
        var count = 0
        func addRows(before end: Int64) throws {
            while hasRow, rows.integer(0) < end {
                try add(rows, part.resolution, to: &sum)
                hasRow = try rows.next()
                count += 1
                if count % Self.cancellationStride == 0 { try Task.checkCancellation() }
            }
        }
        if let table = part.resolution.sealedTable {
            var segments = try SegmentCursor(table, db, path: path)
            defer { segments.stop() }
            segments.restart(part)
            while try segments.next() {
                // Of one bucket the segments come first, then the rows.
                try addRows(before: segments.bucketStart)
                try sum.add(segments.rows, at: segments.bucketStart)
                try Task.checkCancellation()
            }
        }
        try addRows(before: .max)
    }

    private func lookUp(_ part: ReadPart, to sum: inout FactSum) throws {
        let width = part.resolution.seconds
        let row = try RowCursor(
            "SELECT \(Self.columns) FROM \(part.resolution.rawValue) WHERE bucket_start = ?1 AND series_id = ?2",
            db
        )
        defer { row.stop() }
        var openBuckets = try BucketCursor(part.resolution.rawValue, from: part.start, db)
        var segments = try part.resolution.sealedTable.map { try SegmentLookup($0, db, path: path) }
        defer { segments?.stop() }
        for bucketStart in stride(from: part.start, to: part.end, by: Int(width)) {
            try Task.checkCancellation()
            try segments?
                .forEach(of: selection.members, in: bucketStart) { id, counters throws(SumError) in
                    try sum.add(counters, series: Int64(id), at: bucketStart)
                }
            guard try openBuckets.contains(bucketStart) else { continue }
            for (index, id) in selection.members.enumerated() {
                if index % Self.cancellationStride == 0 { try Task.checkCancellation() }
                row.restart(bucketStart, Int64(id))
                if try row.next() { try add(row, part.resolution, to: &sum) }
            }
        }
    }

    /// Reads each day from its rollup, or from its rows where there is none.
    private func addRollups(_ part: ReadPart, to sum: inout FactSum) throws {
        let rows = try rowCursor(.day)
        defer { rows.stop() }
        var rollups = try SegmentCursor(SealedTable.dayRollup, db, path: path)
        defer { rollups.stop() }
        var days = try BucketCursor(Resolution.day.rawValue, from: part.start, db)
        while let day = days.current, day < part.end {
            try Task.checkCancellation()
            rollups.restart(ReadPart(resolution: .day, start: day, end: day + Resolution.day.seconds))
            var hasRollup = false
            while try rollups.next() {
                hasRollup = true
                try sum.add(rollups.rows, at: day)
            }
            if !hasRollup {
                rows.restart(day, day + Resolution.day.seconds)
                while try rows.next() { try add(rows, .day, to: &sum) }
            }
            try days.skip(to: day + 1)
        }
    }

    private func rowCursor(_ resolution: Resolution) throws -> RowCursor {
        try RowCursor(
            "SELECT \(Self.columns) FROM \(resolution.rawValue) WHERE bucket_start >= ?1 AND bucket_start < ?2 "
                + "ORDER BY bucket_start, series_id",
            db
        )
    }

    /// Adds the cursor's row, if its series counts.
    private func add(_ cursor: RowCursor, _ resolution: Resolution, to sum: inout FactSum) throws {
        guard let counters = cursor.counters(from: 2) else {
            let id = cursor.integer(1)
            throw LedgerError(
                .damaged,
                path: path,
                "a row of series \(id) in the table \(resolution.rawValue) is negative"
            )
        }
        try sum.add(counters, series: cursor.integer(1), at: cursor.integer(0))
    }
}

extension LedgerError {
    /// A sum does not fit its integer.
    static let sumBeyond64Bits = LedgerError(
        .outOfRange,
        "a sum passes 2^64; ask for a shorter range or for less of it"
    )

    /// The answer to `query` has more rows than the `most` that may be gathered.
    init(tooManyRowsOf query: UsageQuery, most: Int) {
        self.init(
            .tooLarge,
            "the answer has more than \(most) "
                + (query.isStepped
                    ? "rows; ask for fewer groups (limit, group_by), a larger step or a shorter range, or for "
                        + "format=csv, which may have any number"
                    : "groups; group by fewer dimensions, or filter")
        )
    }
}
