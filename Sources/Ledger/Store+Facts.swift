// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

extension Store {
    /// Answers `queries` from one snapshot of the file; `known` are series by id minus 1, as far as they are at hand.
    func facts(for queries: [UsageQuery], known: [SeriesKey]) async throws -> [UsageFacts] {
        do {
            return try await pool.read { [path] db in
                // A commit may have become visible between taking `known` and this snapshot.
                let new = try Self.series(after: known.count, db, path: path)
                let series = new.isEmpty ? known : known + new
                return try queries.map { query in
                    let selection = SeriesSelection(query, from: series)
                    let scan = Scan(query, selection: selection, path: path, db)
                    return UsageFacts(
                        resolution: query.resolution,
                        facts: try scan.facts(),
                        losses: query.visibility == .everything ? try Self.losses(in: query, db, path: path) : []
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
