// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Synchronization
import Traffic

/// The ledger's only writer: gathers bookings and commits them in groups, on a queue of its own.
final class Writer: Sendable {
    private typealias Ticket = CheckedContinuation<[Result<Receipt, LedgerError>], any Error>

    private let store: Store
    private let options: LedgerOptions
    private let queue = DispatchQueue(label: "netledger.ledger.writer")
    private let room: Mutex<WaitingRoom<Ticket>>
    /// Held during a commit; only the queue takes it, so nobody ever waits for it.
    private let state: Mutex<LedgerState>
    private let published: Mutex<Published>

    /// The writer of `store`, whose content is `state`.
    init(_ store: Store, state: LedgerState, options: LedgerOptions) {
        self.store = store
        self.options = options
        room = Mutex(
            WaitingRoom(commitRows: max(1, options.commitRows), maximumRows: options.maximumWaitingRows)
        )
        published = Mutex(Published(state))
        self.state = Mutex(state)
    }

    /// Books `bookings`, of one source, in the next commit; returns what became of each when that is durable.
    func book(_ bookings: [Booking]) async throws -> [Result<Receipt, LedgerError>] {
        try await withCheckedThrowingContinuation { ticket in
            switch room.withLock({ $0.admit(bookings, ticket: ticket) }) {
            case .wait: break
            case .commitNow: queue.async { self.commit() }
            case .commitLater: armTimer()
            case .busy: ticket.resume(throwing: busyError)
            case .greedy: ticket.resume(throwing: greedyError(bookings))
            case .closed: ticket.resume(throwing: store.closedError)
            }
        }
    }

    /// Commits what waits, then returns.
    func flush() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.commit()
                continuation.resume()
            }
        }
    }

    /// Moves the bytes of series that `target` names another for; see ``Ledger/reattribute(_:)``.
    func reattribute(_ target: @escaping @Sendable (SeriesKey) -> SeriesKey?) async throws -> FlowCounters {
        var sum = FlowCounters.zero
        while true {
            let (moved, isLast) = try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try self.move(target) }) }
            }
            sum.addSaturating(moved)
            if isLast { return sum }
        }
    }

    /// Moves some series in one transaction; runs on the queue.
    private func move(_ target: (SeriesKey) -> SeriesKey?) throws -> (moved: FlowCounters, isLast: Bool) {
        guard !isClosed else { throw store.closedError }
        return try state.withLock { state in
            guard !state.waiting.isEmpty else { return (.zero, true) }
            let series = published.withLock { $0.directory.series }
            let plan = ReattributionPlan(target, on: state, series: series, limit: Self.movesPerTransaction)
            guard !plan.moves.isEmpty else { return (.zero, true) }
            do {
                try store.write(plan, after: state)
            } catch {
                throw LedgerError(error, doing: "move bytes in", path: store.path)
            }
            state.apply(plan)
            published.withLock { $0.apply(plan) }
            return (plan.sum, plan.moves.count < Self.movesPerTransaction)
        }
    }

    /// Series that are moved in one transaction: a commit waits tens of milliseconds for it.
    private static let movesPerTransaction = 200

    /// Commits what waits, then closes the file; later bookings are refused.
    func close() async {
        room.withLock { $0.close() }
        await withCheckedContinuation { continuation in
            queue.async {
                self.commit()
                self.store.close()
                continuation.resume()
            }
        }
    }

    /// Does one piece of upkeep when the commits that wait are done.
    func upkeep() async throws -> UpkeepStep? {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.doUpkeep() }) }
        }
    }

    private func doUpkeep() throws -> UpkeepStep? {
        guard !isClosed else { throw store.closedError }
        do {
            let upkeep = Upkeep(store, now: options.now(), options: options)
            let step = try upkeep.next(read { $0.directory })
            if case .pruned(let horizon) = step { published.withLock { $0.prune(to: horizon) } }
            return step
        } catch {
            throw LedgerError(error, doing: "tidy up", path: store.path)
        }
    }

    /// True once ``close()`` was called.
    var isClosed: Bool {
        room.withLock { $0.isClosed }
    }

    /// Gives what readers may see to `body`.
    func read<Value: Sendable>(_ body: (Published) -> Value) -> Value {
        published.withLock { body($0) }
    }

    /// What the writer has done so far.
    var activity: LedgerActivity {
        var activity = published.withLock { $0.activity }
        activity.waitingRows = room.withLock { $0.rows }
        return activity
    }

    private func armTimer() {
        guard options.commitInterval > .zero else {
            queue.async { self.timerFired() }
            return
        }
        let (seconds, attoseconds) = options.commitInterval.components
        let nanoseconds = Int(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let delay = nanoseconds.overflow ? Int.max : nanoseconds.partialValue + Int(attoseconds / 1_000_000_000)
        queue.asyncAfter(deadline: .now() + .nanoseconds(delay)) { self.timerFired() }
    }

    private func timerFired() {
        room.withLock { $0.timerFired() }
        commit()
    }

    /// Commits everybody who waits and answers them; runs on the queue.
    private func commit() {
        let guests = room.withLock { $0.takeAll() }
        guard !guests.isEmpty else { return }
        var answers = state.withLock { state in commit(guests.flatMap(\.bookings), to: &state) }[...]
        room.withLock { $0.finished() }
        for guest in guests {
            guest.ticket.resume(returning: Array(answers.prefix(guest.bookings.count)))
            answers = answers.dropFirst(guest.bookings.count)
        }
    }

    private func commit(_ bookings: [Booking], to state: inout LedgerState) -> [Result<Receipt, LedgerError>] {
        let clock = ContinuousClock()
        let begin = clock.now
        let plan = CommitPlan(bookings, on: state, now: options.now())
        do {
            if !plan.isEmpty { try store.write(plan, after: state) }
        } catch {
            let failure = LedgerError(error, doing: "commit to", path: store.path)
            published.withLock { $0.fail(failure, time: clock.now - begin) }
            return bookings.map { _ in .failure(failure) }
        }
        state.apply(plan)
        published.withLock { $0.apply(plan, time: clock.now - begin) }
        return plan.answers
    }

    private var busyError: LedgerError {
        LedgerError(
            .busy,
            "the ledger \(store.path) has \(options.maximumWaitingRows) rows waiting to be committed; send again later"
        )
    }

    private func greedyError(_ bookings: [Booking]) -> LedgerError {
        LedgerError(
            .greedy,
            "node \(bookings.first?.source.node ?? "") has its share of the rows that may wait to be committed; "
                + "send again later"
        )
    }
}
