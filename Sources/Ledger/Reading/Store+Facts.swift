// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

extension Store {
    /// Answers `queries` from one snapshot of the file; `known` are series as far as they are at hand.
    func facts(for queries: [UsageQuery], known: SeriesDirectory, now: Int64) async throws -> [UsageFacts] {
        try await reading { [path] db in
            let directory = try Self.directory(known, db, path: path)
            let horizon = try Self.horizon(db, path: path)
            return try queries.map { query in
                let selection = SeriesSelection(query, from: directory)
                let reading = Reading(query, horizon: horizon)
                let sum = try Scan(query, selection: selection, path: path, db).sum(reading.parts)
                let gaps = try RangeGaps(query, now: now, path: path, db)
                var facts = UsageFacts(
                    resolution: query.resolution,
                    parts: reading.parts,
                    facts: sum.cells.map { cell in
                        UsageFacts.Fact(
                            bucketStart: cell.bucketStart,
                            group: selection.groups[Int(cell.group)],
                            counters: cell.counters
                        )
                    },
                    losses: gaps.losses,
                    unattributed: sum.unattributed,
                    missing: reading.missing
                )
                facts.nodes = gaps.nodes
                return facts
            }
        }
    }

    /// Answers `query` from one snapshot of the file; `known` are series as far as they are at hand.
    func answer(to query: UsageQuery, known: SeriesDirectory, now: Int64) async throws -> UsageAnswer {
        try await reading { [path] db in
            let ranked = try RankedQuery(query, from: Self.directory(known, db, path: path), now: now, path: path, db)
            return try ranked.answer(db)
        }
    }

    private func reading<Value: Sendable>(
        _ read: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.read(read)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw LedgerError(error, doing: "read", path: path)
        }
    }

    /// The series in the snapshot of `db`, of which `known` are at hand.
    static func directory(_ known: SeriesDirectory, _ db: Database, path: String) throws -> SeriesDirectory {
        var directory = known
        // A commit may have become visible between taking `known` and this snapshot.
        for key in try Self.series(after: known.series.count, db, path: path) { directory.append(key) }
        return directory
    }
}
