// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Traffic

/// Batches that wait for the classifier, oldest first, bounded by the memory they take.
///
/// What waits ends with the process. So a drain is made final before its batches can be delivered: a process that is
/// killed in between loses them, as it loses all that waits, but nobody delivers them twice. What was acknowledged is
/// forgotten at once; only a ``Spool`` has room to keep it for a ledger that is set back.
final class Backlog: BatchQueue {
    let capacity: Int
    let signals: AsyncStream<Void>

    private let signal: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    fileprivate struct State {
        var batches: [PackedBatch] = []
        /// Index of the oldest: what stands before is released, and removed once it is the larger part.
        var head = 0
        var bytes = 0
        /// What was kept and not published.
        var kept: [PackedBatch] = []
        /// What every batch that was kept adds up to.
        var counted: FlowCounters?
        var skipped: [Loss] = []
        var isClosed = false
    }

    /// An empty backlog that has room below `capacity` bytes.
    init(capacity: Int) {
        self.capacity = capacity
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var isDurable: Bool {
        false
    }

    var hasRoom: Bool {
        state.withLock { $0.bytes < capacity }
    }

    var use: QueueUse {
        state.withLock { QueueUse(bytes: $0.bytes, batches: $0.batches.count - $0.head) }
    }

    var isClosed: Bool {
        state.withLock { $0.isClosed }
    }

    var remaining: FlowCounters {
        state.withLock { state in
            var total = FlowCounters.zero
            for batch in state.batches[state.head...] + state.kept { total += batch.totals }
            for loss in state.skipped { total += loss.counters }
            return total
        }
    }

    func keep(_ batches: [PackedBatch], of drain: UInt64) {
        state.withLock { $0.kept = batches }
    }

    func publish() {
        let isNew = state.withLock { state in
            defer { state.kept = [] }
            state.batches += state.kept
            for batch in state.kept { state.bytes += batch.footprint }
            if let newest = state.kept.last { state.counted = newest.running }
            return !state.kept.isEmpty
        }
        if isNew { signal.yield() }
    }

    func next(_ limit: Shipment.Limit) -> Shipment? {
        state.withLock { state in
            var bytes = 0
            let batches = state.batches[state.head...].prefix(max(1, limit.batches))
                .prefix {
                    bytes += $0.bytes.count
                    return bytes <= limit.bytes || bytes == $0.bytes.count
                }
            guard !batches.isEmpty else { return nil }
            return Shipment(skipped: state.skipped, counted: state.counted, batches: Array(batches))
        }
    }

    func release(through sequence: UInt64, of _: UInt128) {
        state.withLock { state in
            while state.head < state.batches.count, state.batches[state.head].sequence <= sequence {
                state.removeFirst()
                state.skipped = []
            }
        }
    }

    func refuse(reason: String) {
        state.withLock { state in
            guard state.head < state.batches.count else { return }
            let batch = state.batches[state.head]
            if let loss = batch.given(up: reason) {
                state.bytes += loss.footprint - batch.footprint
                state.batches[state.head] = loss
            } else {
                state.skipped.add(Loss(reason: reason, counters: batch.totals))
                state.removeFirst()
            }
        }
    }

    func rewind(to _: UInt64, of _: UInt128) {
        // What was released is gone, and every shipment says so.
    }

    func close() {
        state.withLock { $0.isClosed = true }
        signal.finish()
    }
}

extension Backlog.State {
    fileprivate mutating func removeFirst() {
        bytes -= batches[head].footprint
        head += 1
        if head > batches.count / 2 {
            batches.removeSubrange(..<head)
            head = 0
        }
    }
}

extension [Loss] {
    /// Adds to the loss with the same reason.
    mutating func add(_ loss: Loss) {
        if let index = firstIndex(where: { $0.reason == loss.reason }) {
            self[index].counters += loss.counters
        } else {
            append(loss)
        }
    }
}
