// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization
import Traffic

extension Spool {
    /// The oldest batch that was published.
    ///
    /// What is too old or damaged before it becomes a loss here. If a file cannot be read there is none for now.
    func first() -> PackedBatch? {
        do {
            while let (segment, position) = place() {
                if let head = state.withLock(\.head), !isExpired(head.batch.interval.end) { return head.batch }
                switch try SpoolEntry.read(files, segment, at: position) {
                case .record(let record, let body, let next):
                    guard isExpired(record.interval.end) else {
                        let batch = record.batch(body)
                        state.withLock { $0.head = (batch, next) }
                        return batch
                    }
                    settle(next, record, as: Self.expired)
                case .damage(let record, let next):
                    settle(next, record, as: Self.corrupt)
                }
            }
        } catch {
            logger.error("The spool cannot be read", metadata: ["error": "\(error)"])
        }
        return nil
    }

    func release() {
        guard let head = state.withLock(\.head) else { return }
        leave(head.next, head.batch.totals, loss: nil)
    }

    func refuse(reason: String) {
        guard let head = state.withLock(\.head) else { return }
        leave(head.next, head.batch.totals, loss: Loss(reason: reason, counters: head.batch.totals))
    }

    /// Where the oldest batch begins, and in which segment; `nil` if none waits.
    private func place() -> (SpoolSegment, UInt64)? {
        state.withLock { state in
            guard let oldest = state.oldest, oldest.position < state.published else { return nil }
            return oldest
        }
    }

    private func isExpired(_ end: Int64) -> Bool {
        end < horizon
    }

    /// Gives up what stands before `next`.
    private func settle(_ next: UInt64, _ record: SpoolRecord?, as reason: String) {
        let counters = record?.totals ?? .zero
        let fresh = counters.subtracting(record?.carried ?? .zero)
        tally.update {
            if reason == Self.expired { $0.expired += 1 } else { $0.corrupt += 1 }
            $0.lost[reason, default: .zero] += fresh
        }
        logger.error(
            reason == Self.expired
                ? "A batch in the spool is too old; its bytes are booked as lost"
                : "A batch in the spool is damaged; its bytes are booked as lost as far as they are known",
            metadata: ["reason": "\(reason)", "bytes": "\(counters.bytes)"]
        )
        leave(next, record == nil ? nil : counters, loss: Loss(reason: reason, counters: counters))
    }

    /// Moves on to `next`; `totals` is what the batch before it holds, `nil` if no batch was recognised there.
    private func leave(_ next: UInt64, _ totals: FlowCounters?, loss: Loss?) {
        let (disk, done) = state.withLock { state in
            if let totals {
                state.waiting = state.waiting.subtracting(totals)
                state.batches -= 1
            }
            state.head = nil
            state.disk.settled = next
            state.disk.generation += 1
            if let loss { state.disk.add(loss, epoch: state.disk.epoch + (state.taken.isEmpty ? 0 : 1)) }
            return (state.disk, state.segments.dropLast().filter { $0.end <= next })
        }
        do {
            try disk.write(files, isDurable: loss != nil || !done.isEmpty)
            for segment in done {
                try files.remove(segment.name)
                state.withLock { $0.segments.removeAll { $0 == segment } }
            }
        } catch {
            // Older than it could be, the state makes the next process send again what the ledger then drops.
            logger.warning("The spool's state cannot be written", metadata: ["error": "\(error)"])
        }
    }
}

extension SpoolState {
    /// Adds a loss to those of its epoch and reason.
    fileprivate mutating func add(_ loss: Loss, epoch: UInt64) {
        if let index = losses.firstIndex(where: { $0.epoch == epoch && $0.loss.reason == loss.reason }) {
            losses[index].loss.counters += loss.counters
        } else {
            losses.append(EpochLoss(epoch: epoch, loss: loss))
        }
    }
}
