// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Traffic

/// Batches that wait for the classifier, oldest first, bounded by the memory they take.
///
/// What waits ends with the process. So a drain is made final before its batches can be delivered: a process that is
/// killed in between loses them, as it loses all that waits, but nobody delivers them twice.
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
        var isClosed = false
        var refused: [String: FlowCounters] = [:]
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

    func first() -> PackedBatch? {
        state.withLock { $0.head < $0.batches.count ? $0.batches[$0.head] : nil }
    }

    var remaining: FlowCounters {
        state.withLock { state in
            var total = FlowCounters.zero
            for batch in state.batches[state.head...] + state.kept { total += batch.totals }
            for counters in state.refused.values { total += counters }
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
            return !state.kept.isEmpty
        }
        if isNew { signal.yield() }
    }

    func release() {
        state.withLock { _ = $0.removeFirst() }
    }

    func refuse(reason: String) {
        state.withLock { state in
            guard let batch = state.removeFirst() else { return }
            state.refused[reason, default: .zero] += batch.totals
        }
    }

    func takeRefused() -> [Loss] {
        state.withLock { state in
            defer { state.refused = [:] }
            return state.refused.sorted { $0.key < $1.key }.map { Loss(reason: $0.key, counters: $0.value) }
        }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        signal.finish()
    }
}

extension Backlog.State {
    fileprivate mutating func removeFirst() -> PackedBatch? {
        guard head < batches.count else { return nil }
        let batch = batches[head]
        head += 1
        bytes -= batch.footprint
        if head > batches.count / 2 {
            batches.removeSubrange(..<head)
            head = 0
        }
        return batch
    }
}
