// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Traffic

/// Batches that wait for the classifier, oldest first, bounded by the memory they take.
///
/// A batch leaves when it was acknowledged, or when it was refused for good; what was refused is kept as a loss by
/// reason, for the next batch to report. So at any time: appended = released + waiting + refused.
final class Backlog: Sendable {
    /// Memory and number of what waits.
    struct Use: Hashable, Sendable {
        /// Bytes of memory.
        var bytes = 0
        /// Batches.
        var batches = 0
    }

    /// Bytes of memory from which on ``hasRoom`` is false.
    let capacity: Int

    /// Elements mean that batches were appended; it ends when the backlog is closed.
    let signals: AsyncStream<Void>

    private let signal: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    fileprivate struct State {
        var batches: [PackedBatch] = []
        /// Index of the oldest: what stands before is released, and removed once it is the larger part.
        var head = 0
        var bytes = 0
        var isClosed = false
        var refused: [String: FlowCounters] = [:]
    }

    /// An empty backlog that has room below `capacity` bytes.
    init(capacity: Int) {
        self.capacity = capacity
        (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// True while less than the capacity is used; the batches of one drain may then go over it.
    var hasRoom: Bool {
        state.withLock { $0.bytes < capacity }
    }

    /// What waits.
    var use: Use {
        state.withLock { Use(bytes: $0.bytes, batches: $0.batches.count - $0.head) }
    }

    /// True once no more batches come.
    var isClosed: Bool {
        state.withLock { $0.isClosed }
    }

    /// The oldest batch.
    var first: PackedBatch? {
        state.withLock { $0.head < $0.batches.count ? $0.batches[$0.head] : nil }
    }

    /// Sum over what waits, and over what was refused and not reported.
    var remaining: FlowCounters {
        state.withLock { state in
            var total = FlowCounters.zero
            for batch in state.batches[state.head...] { total += batch.totals }
            for counters in state.refused.values { total += counters }
            return total
        }
    }

    /// Adds the newest batch.
    func append(_ batch: PackedBatch) {
        state.withLock {
            $0.batches.append(batch)
            $0.bytes += batch.footprint
        }
        signal.yield()
    }

    /// Forgets the oldest batch: it is booked.
    func release() {
        state.withLock { _ = $0.removeFirst() }
    }

    /// Forgets the oldest batch: it can never be booked, for `reason`, and its bytes become a loss.
    func refuse(reason: String) {
        state.withLock { state in
            guard let batch = state.removeFirst() else { return }
            state.refused[reason, default: .zero] += batch.totals
        }
    }

    /// Hands over what was refused since the last call, by reason.
    func takeRefused() -> [Loss] {
        state.withLock { state in
            defer { state.refused = [:] }
            return state.refused.sorted { $0.key < $1.key }.map { Loss(reason: $0.key, counters: $0.value) }
        }
    }

    /// Says that no more batches come.
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
