// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

extension LedgerCheck {
    /// Compares the tiers bucket by bucket, the rollups with their days, and every tier with the counters.
    mutating func checkTiers(_ db: Database) throws {
        let horizon = try Store.horizon(db, path: path)
        let isOrdered =
            horizon.day <= horizon.hour && horizon.hour <= horizon.minute && horizon.minute % 3600 == 0
            && horizon.hour % 86_400 == 0 && horizon.day % 86_400 == 0
        if !isOrdered { find("the table tiers is out of order: a finer tier is kept longer, or from amid a bucket") }
        var content = TierContent(db, series: series)
        for tier in Resolution.allCases {
            try content.checkBuckets(of: tier) { find($0) }
            let held = try content.total(of: tier) { find($0) }
            guard let pruned = try Self.pruned(tier, db) else {
                find("the table tiers has no sums of the \(tier.rawValue)s, or negative ones")
                continue
            }
            var sum = held
            sum.addSaturating(pruned)
            if sum != totals {
                find(
                    "the \(tier.rawValue)s and what was pruned of them are \(sum.egressBytes) egress and "
                        + "\(sum.ingressBytes) ingress bytes; the counters say \(totals.egressBytes) and "
                        + "\(totals.ingressBytes)"
                )
            }
        }
        try compare(.minute, with: .hour, from: horizon.minute, &content)
        try compare(.hour, with: .day, from: horizon.hour, &content)
        try checkRollups(db)
    }

    /// Compares the sums of `fine` buckets with the `coarse` bucket they are in, series by series.
    private mutating func compare(
        _ fine: Resolution,
        with coarse: Resolution,
        from start: Int64,
        _ content: inout TierContent
    ) throws {
        var buckets = try content.buckets(of: coarse)
        buckets.formUnion(try content.buckets(of: fine).map { $0 - $0 % coarse.seconds })
        for bucketStart in buckets.sorted() where bucketStart >= start {
            let end = bucketStart + coarse.seconds
            let fineSums = try content.sums(of: fine, from: bucketStart, to: end)
            let coarseSums = try content.sums(of: coarse, from: bucketStart, to: end)
            guard fineSums != coarseSums else { continue }
            let different = zip(fineSums, coarseSums).enumerated().first { $1.0 != $1.1 }
            find(
                "the \(coarse.rawValue) \(UTCTime(secondsSinceEpoch: bucketStart)) is not the sum of its "
                    + "\(fine.rawValue)s, first for series \((different?.offset ?? -1) + 1)"
            )
        }
    }

    private mutating func checkRollups(_ db: Database) throws {
        var directory = SeriesDirectory()
        for key in try Store.series(after: 0, db, path: path) { directory.append(key) }
        let days = try Int64.fetchAll(db, sql: "SELECT DISTINCT bucket_start FROM day_rollup")
        for day in days {
            var found = SegmentRows()
            var segments = try SegmentCursor(.dayRollup, db, path: path)
            defer { segments.stop() }
            segments.restart(ReadPart(resolution: .day, start: day, end: day + 86_400))
            do {
                while try segments.next() {
                    for (id, counters) in zip(segments.rows.ids, segments.rows.counters) { found.append(id, counters) }
                }
            } catch {
                find("\(error)")
                continue
            }
            let wanted = try DayRollup(day, directory: directory, path: path).sums(db)
            if found.ids != wanted.ids || found.counters != wanted.counters {
                find("the rollup of \(UTCTime(secondsSinceEpoch: day)) is not the sum of its day")
            }
        }
    }

    private static func pruned(_ tier: Resolution, _ db: Database) throws -> FlowCounters? {
        let cursor = try RowCursor(
            "SELECT tier, egress_bytes, ingress_bytes, egress_packets, ingress_packets FROM tiers",
            db
        )
        defer { cursor.stop() }
        while try cursor.next() {
            if cursor.text(0) == tier.rawValue { return cursor.counters(from: 1) }
        }
        return nil
    }
}
