// SPDX-License-Identifier: Apache-2.0
public import Queries

/// An exact, durable account of network bytes: one SQLite file, one writer, any number of readers.
///
/// Each batch is booked once and only once: how far its source has come is written in the same transaction as its
/// bytes. Every commit updates the minute, hour and day tables together, so that they never disagree.
///
/// A ledger may be used from any task; none of its asynchronous methods blocks the caller's thread.
public final class Ledger: Sendable {
    let store: Store
    private let writer: Writer

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

    /// Finds what `query` asks for, in one consistent snapshot, at the resolution that
    /// ``Queries/UsageQuery/resolution`` names.
    ///
    /// - Throws: ``LedgerError``; `CancellationError` soon after the task was cancelled.
    public func facts(for query: UsageQuery) async throws -> UsageFacts {
        try Task.checkCancellation()
        guard !writer.isClosed else { throw store.closedError }
        return try await store.facts(for: query, known: writer.read { $0.series })
    }

    /// Everything ever booked, by the labels of the Prometheus counters; from memory.
    public func podCounters() -> PodCounters {
        writer.read { $0.podCounters }
    }

    /// Everything ever booked, by the rule that decided, sorted by rule; from memory.
    public func ruleTotals() -> [RuleTotal] {
        writer.read { $0.ruleTotals }.sorted
    }

    /// The newest series of every cluster's node called `name`, which says where the node stands; from memory.
    public func newestSeries(ofNode name: String) -> [SeriesKey] {
        var clusters: Set<String> = []
        return writer.read { $0.series }.reversed().filter { $0.node == name && clusters.insert($0.cluster).inserted }
    }

    /// What the writer has done since the ledger was opened; from memory.
    public func activity() -> LedgerActivity {
        writer.activity
    }

    /// What the ledger holds and how far each node has come; from memory but for the file's size.
    ///
    /// - Throws: ``LedgerError`` if the ledger is closed.
    public func status() async throws -> LedgerStatus {
        guard !writer.isClosed else { throw store.closedError }
        let bytes = store.file.bytes
        return writer.read { published in
            LedgerStatus(
                nodes: published.nodes,
                losses: published.losses,
                accounts: published.accounts,
                totals: published.totals,
                series: published.series.count,
                fileBytes: bytes,
                schemaVersion: Schema.version
            )
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
