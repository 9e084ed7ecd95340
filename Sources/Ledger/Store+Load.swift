// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

extension Store {
    /// Reads back what the writer must remember.
    func load() throws -> LedgerState {
        do {
            return try pool.read { db in
                var state = LedgerState()
                try loadSeries(db, into: &state)
                try loadCounters(db, into: &state)
                try loadWatermarks(db, into: &state)
                try loadLosses(db, into: &state)
                try loadUnattributed(db, into: &state)
                state.restore(try Self.horizon(db, path: path))
                return state
            }
        } catch {
            throw LedgerError(error, doing: "read", path: path)
        }
    }

    /// The series with ids greater than `id`, in the order of their ids, which have no holes.
    static func series(after id: Int, _ db: Database, path: String) throws -> [SeriesKey] {
        let columns = Dimension.allCases.map(\.rawValue).joined(separator: ", ")
        let column = Dictionary(uniqueKeysWithValues: Dimension.allCases.enumerated().map { ($1, $0 + 1) })
        let cursor = try RowCursor("SELECT id, \(columns) FROM series WHERE id > ? ORDER BY id", db)
        defer { cursor.stop() }
        cursor.restart(Int64(id))
        var keys: [SeriesKey] = []
        while try cursor.next() {
            let next = id + keys.count + 1
            guard cursor.integer(0) == Int64(next) else {
                throw LedgerError(.damaged, path: path, "series \(next) is gone")
            }
            guard let key = SeriesKey({ cursor.text(column[$0, default: 0]) }) else {
                throw LedgerError(
                    .damaged,
                    path: path,
                    "series \(next) has an unknown owner_kind, initiator, scope, nat, peer_kind or resolution"
                )
            }
            keys.append(key)
        }
        return keys
    }

    /// From when on each tier has all its buckets.
    static func horizon(_ db: Database, path: String) throws -> TierHorizon {
        let cursor = try RowCursor("SELECT tier, kept_from FROM tiers", db)
        defer { cursor.stop() }
        var horizon = TierHorizon.everything
        var found = 0
        while try cursor.next() {
            guard let tier = Resolution(rawValue: cursor.text(0)) else { continue }
            horizon[tier] = cursor.integer(1)
            found += 1
        }
        guard found == Resolution.allCases.count else {
            throw LedgerError(.damaged, path: path, "the table tiers does not have a row for each tier")
        }
        return horizon
    }

    private func loadSeries(_ db: Database, into state: inout LedgerState) throws {
        for (index, key) in try Self.series(after: 0, db, path: path).enumerated() {
            guard state.add(key) else {
                throw LedgerError(.damaged, path: path, "series \(index + 1) is there twice")
            }
        }
    }

    private func loadCounters(_ db: Database, into state: inout LedgerState) throws {
        let cursor = try RowCursor(
            "SELECT series_id, egress_bytes, ingress_bytes, egress_packets, ingress_packets FROM counters",
            db
        )
        defer { cursor.stop() }
        while try cursor.next() {
            let id = Int(cursor.integer(0))
            guard id >= 1, id <= state.totals.count, let total = cursor.counters(from: 1) else {
                throw LedgerError(.damaged, path: path, "the counters of series \(id) have no series or are negative")
            }
            state.restore(total: total, seriesID: id)
        }
    }

    private func loadWatermarks(_ db: Database, into state: inout LedgerState) throws {
        let cursor = try RowCursor(
            """
            SELECT cluster, node, boot_id, sequence, interval_end_ns, first_seen, last_seen, batches, missing, records,
                running_egress_bytes, running_ingress_bytes, running_egress_packets, running_ingress_packets,
                accepted_egress_bytes, accepted_ingress_bytes, accepted_egress_packets, accepted_ingress_packets
            FROM watermarks
            """,
            db
        )
        defer { cursor.stop() }
        while try cursor.next() {
            guard
                let bootID = UInt128(bootID: cursor.bytes(2)),
                let sequence = UInt64(exactly: cursor.integer(3)),
                let batches = UInt64(exactly: cursor.integer(7)),
                let missing = UInt64(exactly: cursor.integer(8)),
                let records = UInt64(exactly: cursor.integer(9)),
                let running = cursor.counters(from: 10),
                let accepted = cursor.counters(from: 14)
            else {
                throw LedgerError(.damaged, path: path, "the watermark of node \(cursor.text(1)) is out of range")
            }
            let mark = Watermark(
                sequence: sequence,
                intervalEnd: cursor.integer(4),
                firstSeen: cursor.integer(5),
                lastSeen: cursor.integer(6),
                batches: batches,
                missing: missing,
                records: records,
                running: cursor.isNull(10) ? nil : running,
                accepted: accepted
            )
            state.restore(mark, of: BatchSource(cluster: cursor.text(0), node: cursor.text(1), bootID: bootID))
        }
    }

    private func loadUnattributed(_ db: Database, into state: inout LedgerState) throws {
        let waiting = try RowCursor("SELECT series_id, first_minute, last_minute FROM unattributed", db)
        defer { waiting.stop() }
        while try waiting.next() {
            let id = Int(waiting.integer(0))
            let (first, last) = (waiting.integer(1), waiting.integer(2))
            guard id >= 1, id <= state.totals.count, first <= last else {
                throw LedgerError(.damaged, path: path, "the unattributed series \(id) has no series or no time")
            }
            state.restore(waiting: first...last, seriesID: id)
        }
        let moved = try RowCursor(
            "SELECT series_id, egress_bytes, ingress_bytes, egress_packets, ingress_packets FROM reattributed",
            db
        )
        defer { moved.stop() }
        while try moved.next() {
            let id = Int(moved.integer(0))
            guard id >= 1, id <= state.totals.count, let counters = moved.counters(from: 1),
                counters.isWithin(state.total(of: id))
            else {
                throw LedgerError(.damaged, path: path, "more was moved from series \(id) than was booked to it")
            }
            state.restore(moved: counters, seriesID: id)
        }
        let rejudged = try RowCursor(
            "SELECT series_id, egress_bytes, ingress_bytes, egress_packets, ingress_packets FROM rejudged",
            db
        )
        defer { rejudged.stop() }
        while try rejudged.next() {
            let id = Int(rejudged.integer(0))
            guard id >= 1, id <= state.totals.count, let counters = rejudged.counters(from: 1),
                counters.isWithin(state.total(of: id))
            else {
                throw LedgerError(.damaged, path: path, "more was moved to series \(id) than is booked to it")
            }
            state.restore(rejudged: counters, seriesID: id)
        }
    }

    private func loadLosses(_ db: Database, into state: inout LedgerState) throws {
        let cursor = try RowCursor(
            """
            SELECT cluster, node, reason, egress_bytes, ingress_bytes, egress_packets, ingress_packets
            FROM loss_counters
            """,
            db
        )
        defer { cursor.stop() }
        while try cursor.next() {
            let key = LossKey(cluster: cursor.text(0), node: cursor.text(1), reason: cursor.text(2))
            guard let total = cursor.counters(from: 3) else {
                throw LedgerError(.damaged, path: path, "the losses of node \(key.node) are negative")
            }
            state.restore(total, of: key)
        }
    }
}
