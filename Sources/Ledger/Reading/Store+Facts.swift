// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

extension Store {
    /// Answers `queries` from one snapshot of the file; `known` are series as far as they are at hand.
    func facts(for queries: [UsageQuery], known: SeriesDirectory) async throws -> [UsageFacts] {
        do {
            return try await pool.read { [path] db in
                var directory = known
                // A commit may have become visible between taking `known` and this snapshot.
                for key in try Self.series(after: known.series.count, db, path: path) { directory.append(key) }
                let horizon = try Self.horizon(db, path: path)
                return try queries.map { query in
                    let selection = SeriesSelection(query, from: directory)
                    let reading = Reading(query, horizon: horizon)
                    let sum = try Scan(query, selection: selection, path: path, db).sum(reading.parts)
                    return UsageFacts(
                        resolution: query.resolution,
                        parts: reading.parts,
                        facts: sum.facts,
                        losses: query.visibility == .everything ? try Self.losses(in: query, db, path: path) : [],
                        unattributed: sum.unattributed,
                        missing: reading.missing
                    )
                }
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            throw LedgerError(error, doing: "read", path: path)
        }
    }

    private static func losses(in query: UsageQuery, _ db: Database, path: String) throws -> [Loss] {
        let cursor = try RowCursor(
            """
            SELECT reason, sum(egress_bytes), sum(ingress_bytes), sum(egress_packets), sum(ingress_packets)
            FROM losses WHERE bucket_start >= ? AND bucket_start < ? GROUP BY reason ORDER BY reason
            """,
            db
        )
        defer { cursor.stop() }
        cursor.restart(query.start, query.end)
        var losses: [Loss] = []
        while try cursor.next() {
            guard let counters = cursor.counters(from: 1) else {
                throw LedgerError(.damaged, path: path, "the losses for \(cursor.text(0)) are negative")
            }
            losses.append(Loss(reason: cursor.text(0), counters: counters))
        }
        return losses
    }
}
