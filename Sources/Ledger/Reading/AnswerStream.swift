// SPDX-License-Identifier: Apache-2.0
import GRDB
public import Queries

/// An answer with steps that is read while it is written: some buckets at a time, all of one snapshot of the ledger.
///
/// It takes as much memory as its groups and one bucket of them, however many buckets there are. The snapshot keeps the
/// log from being folded in, so it is given up after ``longest``.
public struct AnswerStream: Sendable {
    /// The answer without its rows.
    public var head: UsageAnswer {
        ranked.head
    }

    /// The longest time that a snapshot is kept.
    public static let longest = Duration.seconds(900)
    /// About as many rows are read at once, unless one bucket has more.
    private let rowsAtOnce: Int

    /// Page cache of the snapshot's connection, in KiB.
    private static let cacheKiB = 2048

    private let ranked: RankedQuery
    private let snapshot: DatabaseSnapshot
    private let path: String
    private let end = ContinuousClock.now + longest

    /// The stream of the answer to `query` from `store`; `known` are series as far as they are at hand.
    init(_ query: UsageQuery, known: SeriesDirectory, now: Int64, _ store: Store, rowsAtOnce: Int) async throws {
        path = store.path
        self.rowsAtOnce = rowsAtOnce
        do {
            snapshot = try store.pool.makeSnapshot()
            ranked = try await snapshot.read { [path = store.path] db in
                // What is read once is not worth keeping.
                try db.execute(sql: "PRAGMA cache_size = -\(Self.cacheKiB)")
                return try RankedQuery(query, from: Store.directory(known, db, path: path), now: now, path: path, db)
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            throw LedgerError(error, doing: "read", path: store.path)
        }
    }

    /// The buckets to ask for one after the other, by their indices.
    public var slices: [Range<Int>] {
        let width = ranked.buckets(ofAbout: rowsAtOnce)
        let count = ranked.query.bucketCount
        return stride(from: 0, to: count, by: width).map { $0..<min(count, $0 + width) }
    }

    /// The answer with the rows of `buckets` alone, which is one of ``slices``.
    ///
    /// - Throws: ``LedgerError``; `CancellationError` soon after the task was cancelled.
    public func answer(_ buckets: Range<Int>) async throws -> UsageAnswer {
        guard ContinuousClock.now < end else {
            throw LedgerError(.tooLarge, "the answer was fetched for longer than \(Self.longest); ask for it in parts")
        }
        do {
            return try await snapshot.read { [ranked] db in try ranked.answer(buckets, db) }
        } catch let error as CancellationError {
            throw error
        } catch {
            throw LedgerError(error, doing: "read", path: path)
        }
    }
}
