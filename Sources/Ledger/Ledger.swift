// SPDX-License-Identifier: Apache-2.0
import GRDB
public import Queries
public import Traffic

/// An exact, durable account of network bytes: one SQLite file, one writer, any number of readers.
///
/// Each batch is booked once and only once: how far its source has come is written in the same transaction as its
/// bytes. Every commit updates the minute, hour and day tables together, so that they never disagree.
///
/// A ledger may be used from any task; none of its asynchronous methods blocks the caller's thread.
public final class Ledger: Sendable {
    let store: Store
    private let writer: Writer
    private let now: @Sendable () -> Int64
    private let mostRows: Int

    /// Version of the schema that this release reads and writes.
    public static var schemaVersion: Int {
        Schema.version
    }

    /// Opens the ledger at `path`, creating it if there is none, and brings its schema up to date.
    ///
    /// Blocks while it reads the series and their counters: call it when the program starts. Small files are
    /// checked throughout, see ``LedgerOptions/integrityCheckLimit``.
    ///
    /// - Throws: ``LedgerError``. A file that is not a ledger, or whose schema is newer, was not touched.
    public init(path: String, options: LedgerOptions = .init()) throws {
        store = try Store(path: path, options: options)
        now = options.now
        mostRows = options.mostRows
        Self.deleteLeftovers(of: path)
        writer = Writer(store, state: try store.load(), options: options)
    }

    /// Books `booking` in the minute of its interval's start, unless its source has already come that far.
    ///
    /// Returns after the commit that holds it is durable, which takes up to
    /// ``LedgerOptions/commitInterval`` and the commit itself. A task that is cancelled meanwhile still gets its answer.
    ///
    /// - Returns: Whether the bytes were booked now or had been before.
    /// - Throws: ``LedgerError``, nothing being booked then; `CancellationError` if the task was cancelled before.
    public func book(_ booking: Booking) async throws -> Receipt {
        guard let answer = try await book([booking]).first else { throw store.closedError }
        return try answer.get()
    }

    /// Books `bookings`, which are of one source and in order, as one: all in the same commit.
    ///
    /// Each is answered for itself; after one that cannot be booked, or that leaves a gap, those that name it in
    /// ``Booking/after`` leave a gap too.
    ///
    /// - Returns: What became of each; a failure is of the kind that no repetition mends, or of the whole commit.
    /// - Throws: ``LedgerError`` if none was let in; `CancellationError` if the task was cancelled before.
    public func book(_ bookings: [Booking]) async throws -> [Result<Receipt, LedgerError>] {
        try Task.checkCancellation()
        return try await writer.book(bookings)
    }

    /// Finds what `query` asks for, in one consistent snapshot, from the tiers that ``Queries/UsageQuery/parts`` names.
    ///
    /// What was pruned from them is not guessed: ``Queries/UsageFacts/missing`` names it.
    ///
    /// - Throws: ``LedgerError``; `CancellationError` soon after the task was cancelled.
    public func facts(for query: UsageQuery) async throws -> UsageFacts {
        try await facts(for: [query])[0]
    }

    /// Finds what each of `queries` asks for, all in one consistent snapshot; see ``facts(for:)-(UsageQuery)``.
    ///
    /// - Returns: As many facts as there are queries, in their order.
    public func facts(for queries: [UsageQuery]) async throws -> [UsageFacts] {
        try Task.checkCancellation()
        guard !writer.isClosed else { throw store.closedError }
        return try await store.facts(for: queries, known: writer.read { $0.directory }, now: now())
    }

    /// Hands what answers `queries`, all in one consistent snapshot, to `sink`, some buckets at a time: memory holds what
    /// the sink keeps, and not the facts.
    ///
    /// - Parameters:
    ///   - queries: What is asked.
    ///   - sink: What takes the facts.
    ///   - factsAtOnce: About as many facts are gathered at a time, unless one bucket has more.
    /// - Returns: The sink, and the answers without their facts, in the order of the queries.
    /// - Throws: ``LedgerError``; what the sink throws; `CancellationError` soon after the task was cancelled.
    public func read<Sink: FactSink>(
        _ queries: [UsageQuery],
        into sink: Sink,
        factsAtOnce: Int = 16_384
    ) async throws -> (sink: Sink, heads: [UsageFacts]) {
        try Task.checkCancellation()
        guard !writer.isClosed else { throw store.closedError }
        return try await store.read(
            queries,
            into: sink,
            factsAtOnce: factsAtOnce,
            known: writer.read { $0.directory },
            now: now()
        )
    }

    /// The answer to `query`, with the period before if that is asked for, from one consistent snapshot.
    ///
    /// - Throws: ``LedgerError``, with the code `tooLarge` if it has more rows than ``LedgerOptions/mostRows``;
    ///   `CancellationError` soon after the task was cancelled.
    public func answer(to query: UsageQuery) async throws -> UsageAnswer {
        try Task.checkCancellation()
        guard !writer.isClosed else { throw store.closedError }
        return try await store.answer(
            to: query,
            mostRows: mostRows,
            known: writer.read { $0.directory },
            now: now()
        )
    }

    /// The answer to `query`, which has steps, to be read while it is written: it may have any number of rows.
    ///
    /// - Parameters:
    ///   - query: What is asked.
    ///   - rowsAtOnce: About as many rows are gathered at a time, unless one bucket has more.
    /// - Throws: ``LedgerError``; `CancellationError` soon after the task was cancelled.
    public func stream(_ query: UsageQuery, rowsAtOnce: Int = 16_384) async throws -> AnswerStream {
        try Task.checkCancellation()
        guard !writer.isClosed else { throw store.closedError }
        return try await AnswerStream(
            query,
            known: writer.read { $0.directory },
            now: now(),
            store,
            rowsAtOnce: rowsAtOnce
        )
    }

    /// Everything ever booked, by the labels of the Prometheus counters; from memory.
    public func podCounters() -> PodCounters {
        writer.read { $0.podCounters }
    }

    /// Everything ever booked, by the rule that decided, sorted by rule; from memory.
    public func ruleTotals() -> [RuleTotal] {
        writer.read { $0.ruleTotals }.sorted
    }

    /// The places of every cluster's node called `name`, by the bytes that were booked of it.
    ///
    /// The newest first; from memory.
    ///
    /// - Parameter visibility: Series beyond it are as if they were not there.
    public func places(ofNode name: String, within visibility: Visibility) -> [(cluster: String, place: Place)] {
        struct Entry: Hashable {
            var cluster: String
            var region: String
            var zone: String
        }
        var known: Set<Entry> = []
        return writer.read { $0.directory.series }.reversed()
            .compactMap { series in
                guard series.node == name, visibility.includes(namespace: series.namespace),
                    known.insert(Entry(cluster: series.cluster, region: series.region, zone: series.zone)).inserted
                else { return nil }
                return (series.cluster, Place(region: series.region, zone: series.zone))
            }
    }

    /// Where the node `name` stood at `time`, in seconds since 1970-01-01T00:00:00Z.
    ///
    /// The bytes of the last minute until then decide of which any were booked, that day or the day before; else the first
    /// ones of the day. Where minutes are not kept any more, hours decide, or the day.
    ///
    /// - Returns: more than one place if it moved within the bucket that decides; none if it has no bytes.
    /// - Throws: as ``facts(for:)-(UsageQuery)``.
    public func places(
        ofNode name: String,
        in cluster: String,
        at time: Int64,
        within visibility: Visibility
    ) async throws -> Set<Place> {
        let day: Int64 = 86_400
        guard time >= day, time < Int64.max - 2 * day else { return [] }
        let start = time - time % day
        for (first, step) in [(start, 60), (start, 3600), (start - day, day)] as [(Int64, Int64)] {
            let query = UsageQuery(
                start: first,
                end: start + day,
                step: step,
                groupBy: [.region, .zone],
                filters: [.cluster: [cluster], .node: [name]],
                visibility: visibility
            )
            let facts = try await facts(for: query).facts
            let past = facts.filter { $0.bucketStart <= time }.map(\.bucketStart).max()
            guard let bucket = past ?? facts.map(\.bucketStart).min() else { continue }
            return Set(
                facts.filter { $0.bucketStart == bucket }.map { Place(region: $0.group[0], zone: $0.group[1]) }
            )
        }
        return []
    }

    /// Bytes that were booked before their pod was known; from memory.
    public func unattributedTotals() -> WaitingTotals {
        writer.read { $0.unattributed }
    }

    /// Bytes of known owners that were booked before their other side was known; from memory.
    public func unjudgedTotals() -> WaitingTotals {
        writer.read { $0.unjudged }
    }

    /// Moves all bytes of series that await their pods (``SeriesKey/awaitsItsPod``) or their peers
    /// (``SeriesKey/awaitsItsPeer``) to the series that `target` names, in the same buckets of every tier; a series for which it names none stays and is asked for again the next time.
    ///
    /// What has been moved is durable, and is not there to be moved again. No counter goes down: see
    /// ``WaitingTotals``.
    ///
    /// - Parameter target: the series to which bytes belong, or `nil`; it is told the first and the last minute in which
    ///   they were counted, in seconds since 1970. Called on the writer's queue, so it must not wait.
    /// - Returns: the bytes that were moved.
    /// - Throws: ``LedgerError``; some may have been moved before.
    @discardableResult
    public func reattribute(_ target: @escaping @Sendable (SeriesKey, ClosedRange<Int64>) -> SeriesKey?) async throws
        -> FlowCounters
    {
        try Task.checkCancellation()
        return try await writer.reattribute(target)
    }

    /// What the writer has done since the ledger was opened; from memory.
    public func activity() -> LedgerActivity {
        writer.activity
    }

    /// What the ledger holds and how far each node has come; from memory but for the file's size.
    ///
    /// - Parameter visibility: What is told: of less than everything the sums and the nodes of its series only.
    /// - Throws: ``LedgerError`` if the ledger is closed.
    public func status(within visibility: Visibility = .everything) async throws -> LedgerStatus {
        guard !writer.isClosed else { throw store.closedError }
        guard visibility == .everything else {
            return writer.read { LedgerStatus(of: $0, within: visibility) }
        }
        let bytes = store.file.bytes
        return writer.read { published in
            LedgerStatus(
                nodes: published.nodes,
                losses: published.losses,
                accounts: published.accounts,
                totals: published.totals,
                series: published.directory.series.count,
                fileBytes: bytes,
                schemaVersion: Schema.version
            )
        }
    }

    /// From when on each tier has all its buckets; from memory.
    public func horizon() -> TierHorizon {
        writer.read { $0.horizon }
    }

    /// Does one small piece of what keeps the file small and queries fast: seals a closed bucket, sums up a day, prunes
    /// what is older than ``LedgerOptions/retention``, or gives freed space back.
    ///
    /// Pieces take turns with commits and take some milliseconds each. It may be called at any time, or never: answers
    /// are the same before and after, as far as the retention reaches.
    ///
    /// - Returns: What was done, or `nil` if there is nothing to do now.
    /// - Throws: ``LedgerError``, nothing being changed then.
    @discardableResult
    public func upkeep() async throws -> UpkeepStep? {
        try await writer.upkeep()
    }

    /// How much the sealed buckets take; reads all their keys.
    public func sealedSizes() async throws -> [SealedSize] {
        try await store.pool.read { db in
            try Resolution.allCases.compactMap { tier in
                guard let table = tier.sealedTable?.name else { return nil }
                let cursor = try RowCursor("SELECT sum(series_count), sum(length(columns)) FROM \(table)", db)
                defer { cursor.stop() }
                guard try cursor.next() else { return nil }
                return SealedSize(tier: tier, rows: Int(cursor.integer(0)), bytes: Int(cursor.integer(1)))
            }
        }
    }

    /// Commits what waits now instead of when its interval has passed.
    public func flush() async {
        await writer.flush()
    }

    /// Commits what waits, lets running queries end, and closes the file.
    ///
    /// Later calls throw ``LedgerError/Code/closed``; closing again does nothing.
    public func close() async {
        await writer.close()
    }
}
