// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization
import Traffic

/// Batches that wait for the classifier on disk, so that they outlive the process.
///
/// Append-only segments hold one record a batch, see ``SpoolRecord``; a drain's batches are one write and are durable
/// before the kernel is told to forget them. How far the records are settled stands in a small file, see
/// ``SpoolState``: it is written with every batch that leaves, but not waited for, because a batch that is sent twice
/// is booked once. A segment is removed when all in it is settled.
///
/// A batch is settled when it was delivered, or when it became a loss: refused (`refused_<status>`), too old
/// (`spool_expired`), or damaged on disk (`spool_corrupt`, whose bytes are known if the record's header is intact).
/// Losses wait in the state until a batch reports them, and that batch's record says so: it cannot happen twice.
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
    /// Identity of the counters that are drained, and numbering of the batches.
    let origin: (counters: UInt128, sequence: SourceSequence)
    let state: Mutex<State>

    private let limits: Limits
    private let signal: AsyncStream<Void>.Continuation

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
        /// Losses that were handed over for the next batch, and how far things were settled then.
        var taken: [Loss] = []
        var takenAt: UInt64
        /// The oldest batch, once it was read.
        var head: (batch: PackedBatch, next: UInt64)?
        var isClosed = false
    }

    /// Takes up what `recovery` found in `files`.
    ///
    /// - Parameters:
    ///   - counters: Identity of the kernel's counters.
    ///   - sequence: How this process numbers its batches.
    ///   - tally: Where losses are counted for the metrics.
    ///   - now: The time in nanoseconds since 1970-01-01T00:00:00Z.
    init(
        _ recovery: SpoolRecovery,
        in files: any SpoolFiles,
        limits: Limits,
        counters: UInt128,
        sequence: SourceSequence,
        tally: AgentCounters,
        logger: Logger,
        now: @escaping @Sendable () -> Int64
    ) {
        self.files = files
        self.limits = limits
        self.tally = tally
        self.logger = logger
        self.now = now
        origin = (counters, sequence)
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Mutex(
            State(
                segments: recovery.segments,
                tail: recovery.end,
                published: recovery.end,
                waiting: recovery.waiting,
                batches: recovery.batches,
                disk: recovery.state,
                takenAt: recovery.state.settled
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
        // What is settled still takes room until its segment goes, but if nothing waits nothing would make it go.
        state.withLock { $0.oldest == nil || $0.bytes < limits.bytes }
    }

    var use: QueueUse {
        state.withLock { QueueUse(bytes: $0.bytes, batches: $0.batches) }
    }

    var remaining: FlowCounters {
        state.withLock { state in
            var total = state.waiting
            for entry in state.disk.losses { total += entry.loss.counters }
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
        let plan = state.withLock { state in
            let last = state.segments.last
            let isNew = state.needsSegment || (last.map { $0.size >= limits.segment } ?? true)
            let segment = isNew ? SpoolSegment(base: state.tail, size: 0) : last ?? SpoolSegment(base: 0, size: 0)
            let reported = state.disk.epoch + (state.taken.isEmpty ? 0 : 1)
            return (segment: segment, isNew: isNew, epoch: reported, settled: state.takenAt)
        }
        var bytes = plan.isNew ? SpoolSegment.header : []
        for (part, batch) in batches.enumerated() {
            var record = SpoolRecord(batch)
            record.counters = origin.counters
            record.drain = drain
            record.part = UInt32(part)
            record.parts = UInt32(batches.count)
            record.source = origin.sequence.bootID
            record.epoch = plan.epoch
            record.settled = plan.settled
            record.position = plan.segment.end + UInt64(bytes.count)
            bytes += record.bytes
            bytes += batch.bytes
        }
        try files.write(bytes, to: plan.segment.name, at: plan.segment.size)
        try files.sync(plan.segment.name)
        if plan.isNew { try files.syncDirectory() }
        state.withLock { state in
            if plan.isNew { state.segments.append(plan.segment) }
            state.needsSegment = false
            state.segments[state.segments.count - 1].size += bytes.count
            state.tail = plan.segment.end + UInt64(bytes.count)
            for batch in batches { state.waiting += batch.totals }
            state.batches += batches.count
            state.disk.losses.removeAll { $0.epoch < plan.epoch }
            state.disk.epoch = plan.epoch
            state.taken = []
            state.disk.last = SpoolState.LastDrain(
                counters: origin.counters,
                drain: drain,
                sequence: SourceSequence(bootID: origin.sequence.bootID, last: newest.sequence)
            )
        }
    }

    func publish() {
        let isNew = state.withLock { state in
            defer { state.published = state.tail }
            return state.published < state.tail
        }
        if isNew { signal.yield() }
    }

    func takeRefused() -> [Loss] {
        state.withLock { state in
            state.takenAt = state.disk.settled
            state.taken = state.disk.losses.filter { $0.epoch == state.disk.epoch }.map(\.loss)
            return state.taken
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        signal.finish()
    }
}

extension Spool.State {
    /// Where the oldest record begins that is not settled, and in which segment.
    var oldest: (segment: SpoolSegment, position: UInt64)? {
        for segment in segments {
            let position = max(segment.start, disk.settled)
            if segment.end > position { return (segment, position) }
        }
        return nil
    }

    /// Bytes of all segments.
    var bytes: Int {
        segments.reduce(0) { $0 + $1.size }
    }
}
