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

    /// Hands what answers `queries` to `sink`, some buckets at a time, from one snapshot of the file.
    ///
    /// - Returns: The sink, and the answers without their facts.
    func read<Sink: FactSink>(
        _ queries: [UsageQuery],
        into sink: Sink,
        factsAtOnce: Int,
        known: SeriesDirectory,
        now: Int64
    ) async throws -> (sink: Sink, heads: [UsageFacts]) {
        do {
            return try await reading { [path] db in
                let directory = try Self.directory(known, db, path: path)
                let horizon = try Self.horizon(db, path: path)
                var sink = sink
                let heads = try queries.enumerated()
                    .map { question, query in
                        let part = Part(query: query, factsAtOnce: factsAtOnce)
                        return try Self.read(part, from: directory, horizon, path: path, now: now, db) { facts in
                            do { try sink.add(facts, of: question) } catch { throw SinkFailure(cause: error) }
                        }
                    }
                return (sink, heads)
            }
        } catch let failure as SinkFailure {
            throw failure.cause
        }
    }

    /// Why a sink takes no more.
    private struct SinkFailure: Error {
        var cause: any Error
    }

    /// A question, and about how many facts of its answer are gathered at a time.
    private struct Part {
        var query: UsageQuery
        var factsAtOnce: Int
    }

    private static func read(
        _ part: Part,
        from directory: SeriesDirectory,
        _ horizon: TierHorizon,
        path: String,
        now: Int64,
        _ db: Database,
        _ use: ([UsageFacts.Fact]) throws -> Void
    ) throws -> UsageFacts {
        let query = part.query
        let selection = SeriesSelection(query, from: directory)
        let reading = Reading(query, horizon: horizon)
        let gaps = try RangeGaps(query, now: now, path: path, db)
        var head = UsageFacts(
            resolution: query.resolution,
            parts: reading.parts,
            facts: [],
            losses: gaps.losses,
            missing: reading.missing
        )
        head.nodes = gaps.nodes
        let width = max(1, part.factsAtOnce / max(1, selection.slots.count))
        for first in stride(from: 0, to: query.bucketCount, by: width) {
            let slice = query.slice(first..<min(query.bucketCount, first + width))
            let sum = try Scan(slice, selection: selection, path: path, db)
                .sum(Reading(slice, horizon: horizon).parts, mostCells: .max)
            guard let unattributed = head.unattributed.addingExactly(sum.unattributed) else {
                throw LedgerError.sumBeyond64Bits
            }
            head.unattributed = unattributed
            try use(
                sum.cells.map { cell in
                    UsageFacts.Fact(
                        bucketStart: cell.bucketStart,
                        group: selection.groups[Int(cell.group)],
                        counters: cell.counters
                    )
                }
            )
        }
        return head
    }

    /// Answers `query` from one snapshot of the file; `known` are series as far as they are at hand.
    func answer(
        to query: UsageQuery,
        mostRows: Int,
        known: SeriesDirectory,
        now: Int64
    ) async throws -> UsageAnswer {
        try await reading { [path] db in
            let directory = try Self.directory(known, db, path: path)
            let ranked = try RankedQuery(query, from: directory, now: now, path: path, mostRows: mostRows, db)
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
        } catch let failure as SinkFailure {
            throw failure
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
