// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

/// One day, summed by ``SeriesDirectory/rollupDimensions``.
struct DayRollup {
    private let day: Int64
    private let directory: SeriesDirectory
    private let path: String

    /// The rollup of the day that begins at `day`, of the ledger at `path`.
    init(_ day: Int64, directory: SeriesDirectory, path: String) {
        self.day = day
        self.directory = directory
        self.path = path
    }

    /// Reads the day's rows and writes their sums.
    func write(_ db: Database) throws {
        try SealedBucket(.dayRollup, rows: .day, bucketStart: day, path: path, db).insert(try sums(db))
    }

    /// What the rollup holds if it is right.
    func sums(_ db: Database) throws -> SegmentRows {
        let cursor = try RowCursor(
            "SELECT \(Scan.columns) FROM day WHERE bucket_start >= ?1 AND bucket_start < ?2",
            db
        )
        defer { cursor.stop() }
        cursor.restart(day, day + Resolution.day.seconds)
        var sums: [Int32: FlowCounters] = [:]
        while try cursor.next() {
            let id = cursor.integer(1)
            guard
                id >= 1, id <= directory.representatives.count, let counters = cursor.counters(from: 2),
                let sum = sums[directory.representatives[Int(id) - 1], default: .zero].addingExactly(counters)
            else {
                throw LedgerError(
                    .damaged,
                    path: path,
                    "a row of series \(id) in the table day has no series, or is out of range"
                )
            }
            sums[directory.representatives[Int(id) - 1]] = sum
        }
        var rows = SegmentRows()
        for (id, counters) in sums.sorted(by: { $0.key < $1.key }) { rows.append(id, counters) }
        return rows
    }
}
