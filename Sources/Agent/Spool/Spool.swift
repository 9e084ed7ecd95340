// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization
import Traffic

/// Batches that wait for the classifier on disk, so that they outlive the process.
///
/// Append-only segments hold one record a batch, see ``SpoolRecord``; a drain's batches are one write and are durable
/// before the kernel is told to forget them. How far the records are settled stands in a small file, see
/// ``SpoolState``: it is written with every batch that leaves, but not waited for, because a batch that is sent twice
/// is booked once. A segment whose batches are all settled stays for what they counted in this minute and the one
/// before, as long as there is room: a ledger that was set back can ask for them.
///
/// A batch is settled when it was delivered, or given up: too old (`spool_expired`), or damaged on disk
/// (`spool_corrupt`). What was given up is reported under the batch's own sequence where its header is known, and else
/// with the next batch of its source, whose running sum shows how many bytes it had.
final class Spool: BatchQueue {
    /// Reason of losses that were too old.
    static let expired = "spool_expired"
    /// Reason of losses that were damaged on disk.
    static let corrupt = "spool_corrupt"

    /// How large and how old it may become.
    struct Limits: Hashable, Sendable {
        /// Bytes of the segments from which on there is no room.
        var bytes: Int
        /// Time since the end of a batch's interval after which it is given up.
        var age: Duration

        /// Bytes from which on a segment is not continued.
        var segment: Int { min(8 << 20, max(1, bytes / 8)) }
    }

    let signals: AsyncStream<Void>
    let files: any SpoolFiles
    let tally: AgentCounters
    let logger: Logger
    let now: @Sendable () -> Int64
    /// Identity of the counters that are drained.
    let counters: UInt128
    /// Who reports the loss of a batch that cannot say who it is from.
    let sender: BatchSource
    let state: Mutex<State>

    private let limits: Limits
    private let signal: AsyncStream<Void>.Continuation

    /// A record that was delivered, or is to be, before another.
    struct Previous: Hashable, Sendable {
        var source: UInt128
        var sequence: UInt64
        var running: FlowCounters

        /// The batch of `record`.
        init(_ record: SpoolRecord) {
            source = record.source
            sequence = record.sequence
            running = record.running
        }

        /// `batch`.
        init(_ batch: PackedBatch) {
            source = batch.source
            sequence = batch.sequence
            running = batch.running
        }
    }

    /// A batch that was read, and the position after it.
    struct Held {
        var batch: PackedBatch
        var next: UInt64
    }

    /// Everything that changes; files are read and written without holding it.
    struct State {
        var segments: [SpoolSegment]
        /// True until this process has begun a segment: it continues no other's.
        var needsSegment = true
        /// Position after the last batch that was kept, and after the last that was published.
        var tail: UInt64
        var published: UInt64
        var waiting: FlowCounters
        var batches: Int
        /// `settled` is the position of the oldest batch that waits.
        var disk: SpoolState
        /// The record before those that wait, if the ledger can be asked whether it has it.
        var previous: Previous?
        /// What was given up after ``previous``, by reason.
        var skipped: [Loss] = []
        /// True if a place could not be read after ``previous`` whose size is not known yet.
        var isDamaged = false
        /// The oldest batches, once they were read.
        var window: [Held] = []
        var isClosed = false
    }

    /// Takes up what `recovery` found in `files`.
    ///
    /// - Parameters:
    ///   - counters: Identity of the kernel's counters.
    ///   - sender: Who the batches of this process are from.
    ///   - tally: Where losses are counted for the metrics.
    ///   - now: The time in nanoseconds since 1970-01-01T00:00:00Z.
    init(
        _ recovery: SpoolRecovery,
        in files: any SpoolFiles,
        limits: Limits,
        counters: UInt128,
        sender: BatchSource,
        tally: AgentCounters,
        logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        self.files = files
        self.limits = limits
        self.tally = tally
        self.logger = logger
        self.now = now
        self.counters = counters
        self.sender = sender
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Mutex(
            State(
                segments: recovery.segments,
                tail: recovery.end,
                published: recovery.end,
                waiting: recovery.waiting,
                batches: recovery.batches,
                disk: recovery.state,
                previous: recovery.previous
            )
        )
        tally.update {
            $0.recovered += UInt64(recovery.batches)
            $0.torn += UInt64(recovery.torn)
        }
        if recovery.batches > 0 { signal.yield() }
    }

    var capacity: Int {
        limits.bytes
    }

    var isDurable: Bool {
        true
    }

    var hasRoom: Bool {
        // What is settled makes room when it is needed.
        let use = use
        return use.batches == 0 || use.bytes < limits.bytes
    }

    var use: QueueUse {
        state.withLock { state in
            QueueUse(bytes: state.bytes - state.spent.reduce(0) { $0 + $1.size }, batches: state.batches)
        }
    }

    var remaining: FlowCounters {
        state.withLock { state in
            var total = state.waiting
            for loss in state.skipped { total += loss.counters }
            return total
        }
    }

    var isClosed: Bool {
        state.withLock { $0.isClosed }
    }

    /// Position of time before which a batch must have ended to be too old.
    var horizon: Int64 {
        let (seconds, attoseconds) = limits.age.components
        return now() - seconds * 1_000_000_000 - attoseconds / 1_000_000_000
    }

    func keep(_ batches: [PackedBatch], of drain: UInt64) throws {
        guard let newest = batches.last else { return }
        try makeRoom()
        let plan = state.withLock { state in
            let last = state.segments.last
            let isNew = state.needsSegment || (last.map { $0.size >= limits.segment } ?? true)
            let segment = isNew ? SpoolSegment(base: state.tail, size: 0) : last ?? SpoolSegment(base: 0, size: 0)
            return (segment: segment, isNew: isNew)
        }
        var bytes = plan.isNew ? SpoolSegment.header : []
        for (part, batch) in batches.enumerated() {
            var record = SpoolRecord(batch)
            record.counters = counters
            record.drain = drain
            record.part = UInt32(part)
            record.parts = UInt32(batches.count)
            record.position = plan.segment.end + UInt64(bytes.count)
            bytes += record.bytes
            bytes += batch.bytes
        }
        try files.write(bytes, to: plan.segment.name, at: plan.segment.size)
        try files.sync(plan.segment.name)
        if plan.isNew { try files.syncDirectory() }
        let disk = state.withLock { state in
            if plan.isNew { state.segments.append(plan.segment) }
            state.needsSegment = false
            let index = state.segments.count - 1
            state.segments[index].size += bytes.count
            state.segments[index].newest = max(state.segments[index].newest, newest.interval.end)
            state.tail = plan.segment.end + UInt64(bytes.count)
            for batch in batches { state.waiting += batch.totals }
            state.batches += batches.count
            state.disk.last = SpoolState.LastDrain(
                counters: counters,
                drain: drain,
                sequence: SourceSequence(bootID: newest.source, last: newest.sequence, running: newest.running)
            )
            state.disk.generation += 1
            return state.disk
        }
        do {
            // So that the numbering goes on even if the record's header is damaged before the next start.
            try disk.write(files, isDurable: false)
        } catch {
            logger.warning("The spool's state cannot be written", metadata: ["error": "\(error)"])
        }
    }

    func publish() {
        let isNew = state.withLock { state in
            defer { state.published = state.tail }
            return state.published < state.tail
        }
        if isNew { signal.yield() }
    }

    /// Removes segments whose batches are all settled, oldest first, while the spool is over its size.
    private func makeRoom() throws {
        while let segment = state.withLock({ $0.bytes < limits.bytes ? nil : $0.spent.first }) {
            try files.remove(segment.name)
            state.withLock { $0.segments.removeAll { $0.base == segment.base } }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        signal.finish()
    }
}

extension Spool.State {
    /// Where the first record begins at or after `position`, and in which segment.
    func place(from position: UInt64) -> (segment: SpoolSegment, position: UInt64)? {
        for segment in segments {
            let position = max(segment.start, position)
            if segment.end > position { return (segment, position) }
        }
        return nil
    }

    /// Segments whose batches are all settled; the one that is written to is none.
    var spent: [SpoolSegment] {
        segments.dropLast().filter { $0.end <= disk.settled }
    }

    /// Bytes of all segments.
    var bytes: Int {
        segments.reduce(0) { $0 + $1.size }
    }
}
