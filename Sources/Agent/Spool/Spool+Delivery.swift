// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization
import Traffic

extension Spool {
    /// The oldest batches that were published.
    ///
    /// What is too old or damaged before them is given up here. If a file cannot be read there are none for now.
    func next(_ limit: Shipment.Limit) -> Shipment? {
        do {
            try fill(limit)
        } catch {
            logger.error("The spool cannot be read", metadata: ["error": "\(error)"])
        }
        return state.withLock { state in
            guard let first = state.window.first?.batch else { return nil }
            var bytes = 0
            let batches = state.window.prefix(max(1, limit.batches)).map(\.batch)
                .prefix {
                    bytes += $0.bytes.count
                    return $0.source == first.source && (bytes <= limit.bytes || bytes == $0.bytes.count)
                }
            let newest = state.disk.last.sequence
            return Shipment(
                after: state.previous.flatMap { $0.source == first.source ? $0.sequence : nil } ?? 0,
                skipped: state.skipped,
                counted: newest.bootID == first.source ? newest.running : nil,
                batches: Array(batches)
            )
        }
    }

    func release(through sequence: UInt64, of source: UInt128) {
        let isSpent = state.withLock { state in
            while let held = state.window.first, held.batch.source == source, held.batch.sequence <= sequence {
                state.window.removeFirst()
                state.leave(held.batch.totals, for: held.next)
                state.previous = Previous(held.batch)
                state.skipped = []
            }
            return !old(state).isEmpty
        }
        save(isDurable: isSpent)
    }

    func refuse(reason: String) {
        let isSkipped = state.withLock { state in
            guard let held = state.window.first else { return false }
            if let report = held.batch.given(up: reason) {
                state.window[0].batch = report
                return false
            }
            state.window.removeFirst()
            state.leave(held.batch.totals, for: held.next)
            state.skipped.add(Loss(reason: reason, counters: held.batch.totals))
            return true
        }
        if isSkipped { save(isDurable: true) }
    }

    func rewind(to sequence: UInt64, of source: UInt128) {
        do {
            var position: UInt64 = 0
            while let (segment, start) = place(from: position), start < state.withLock({ $0.disk.settled }) {
                switch try SpoolEntry.read(files, segment, at: start) {
                case .record(let record, _, _) where record.source == source && record.sequence >= sequence:
                    return try restart(at: start)
                case .record(_, _, let next), .damage(_, let next): position = next
                }
            }
        } catch {
            logger.error("The spool cannot be read", metadata: ["error": "\(error)"])
        }
        // None that the ledger lacks is here: the next shipment says so.
        state.withLock { $0.previous = nil }
    }

    /// Makes the record at `start`, which is settled, the oldest that waits.
    private func restart(at start: UInt64) throws {
        var waiting = FlowCounters.zero
        var batches = 0
        var position = start
        while let (segment, start) = place(from: position), start < state.withLock({ $0.disk.settled }) {
            switch try SpoolEntry.read(files, segment, at: start) {
            case .record(let record, _, let next), .damage(let record?, let next):
                waiting += record.totals
                batches += 1
                position = next
            case .damage(nil, let next): position = next
            }
        }
        state.withLock { state in
            state.waiting += waiting
            state.batches += batches
            state.window = []
            state.skipped = []
            state.previous = nil
            state.disk.settled = start
            state.disk.generation += 1
        }
        save(isDurable: true)
    }

    /// Where the first record begins at or after `position`, and in which segment; `nil` if none is published there.
    private func place(from position: UInt64) -> (SpoolSegment, UInt64)? {
        state.withLock { state in
            guard let place = state.place(from: position), place.position < state.published else { return nil }
            return place
        }
    }

    /// Segments that are settled and that hold nothing of this minute and the one before.
    private func old(_ state: State) -> [SpoolSegment] {
        let minute = TickSchedule.minute
        let horizon = now() / minute * minute - minute
        return state.spent.filter { $0.newest <= horizon }
    }

    /// Writes how far things are settled, and removes what need not be kept.
    private func save(isDurable: Bool) {
        let disk = state.withLock { $0.disk }
        let spent = state.withLock { old($0) }
        do {
            try disk.write(files, isDurable: isDurable)
            for segment in spent {
                try files.remove(segment.name)
                state.withLock { $0.segments.removeAll { $0.base == segment.base } }
            }
        } catch {
            // Older than it could be, the state makes the next process send again what the ledger then drops.
            logger.warning("The spool's state cannot be written", metadata: ["error": "\(error)"])
        }
    }
}

// Reading ahead.
extension Spool {
    /// Reads batches until the window holds as many as `limit` allows; gives up what cannot be sent.
    private func fill(_ limit: Shipment.Limit) throws {
        var sizes: [Int] = state.withLock { state in state.window.map { held in held.batch.bytes.count } }
        while sizes.count < max(1, limit.batches), sizes.isEmpty || sizes.reduce(0, +) < limit.bytes {
            let position = state.withLock { $0.window.last?.next ?? $0.disk.settled }
            guard let (segment, start) = place(from: position) else { return }
            let batch: PackedBatch
            let end: UInt64
            switch try SpoolEntry.read(files, segment, at: start) {
            case .record(let record, let body, let next):
                (batch, end) = (PackedBatch(record, bytes: body), next)
                guard isExpired(batch) else { break }
                // Batches before it are delivered first: what is given up stands before the first of a shipment.
                guard sizes.isEmpty else { return }
                if try isFollowed(record, at: next) {
                    skip(batch, to: next)
                    continue
                }
                hold(lost(batch, Self.expired), to: next)
                return
            case .damage(let record, let next):
                guard sizes.isEmpty else { return }
                guard let record else {
                    passDamage(to: next)
                    continue
                }
                hold(lost(PackedBatch(record, bytes: []), Self.corrupt, by: sender), to: next)
                return
            }
            hold(batch, to: end)
            sizes.append(batch.bytes.count)
        }
    }

    private func isExpired(_ batch: PackedBatch) -> Bool {
        batch.interval.end < horizon
    }

    /// True if the record at `position` is of the same source as `record`, and will show what is missing before it.
    private func isFollowed(_ record: SpoolRecord, at position: UInt64) throws -> Bool {
        guard let (segment, start) = place(from: position),
            case .record(let next, _, _) = try SpoolEntry.read(files, segment, at: start)
        else { return false }
        return next.source == record.source
    }

    /// Puts `batch`, which ends before `next`, at the end of the window.
    private func hold(_ batch: PackedBatch, to next: UInt64) {
        state.withLock { state in
            if state.isDamaged, state.window.isEmpty {
                state.isDamaged = false
                if let previous = state.previous, previous.source == batch.source {
                    var missing = batch.running.subtracting(batch.totals).subtracting(previous.running)
                    for loss in state.skipped { missing = missing.subtracting(loss.counters) }
                    state.skipped.add(Loss(reason: Self.corrupt, counters: missing))
                    tally.update { $0.lost[Self.corrupt, default: .zero] += missing }
                }
            }
            state.window.append(Held(batch: batch, next: next))
        }
    }

    /// Gives `batch` up because it is too old; its source's next batch follows it.
    private func skip(_ batch: PackedBatch, to next: UInt64) {
        count(batch.totals, as: Self.expired)
        state.withLock { state in
            state.leave(batch.totals, for: next)
            state.skipped.add(Loss(reason: Self.expired, counters: batch.totals))
        }
        save(isDurable: false)
    }

    /// The report of the loss of `batch`, or itself if there can be none.
    private func lost(_ batch: PackedBatch, _ reason: String, by sender: BatchSource? = nil) -> PackedBatch {
        guard let report = batch.given(up: reason, by: sender) else { return batch }
        count(report.dropped, as: reason)
        return report
    }

    /// Goes on after bytes that no header explains.
    private func passDamage(to next: UInt64) {
        count(nil, as: Self.corrupt)
        state.withLock { state in
            state.isDamaged = true
            state.disk.settled = next
            state.disk.generation += 1
        }
        save(isDurable: true)
    }

    private func count(_ counters: FlowCounters?, as reason: String) {
        tally.update {
            if reason == Self.expired { $0.expired += 1 } else { $0.corrupt += 1 }
            if let counters { $0.lost[reason, default: .zero] += counters }
        }
        logger.error(
            reason == Self.expired
                ? "A batch in the spool is too old; its bytes are booked as lost"
                : "A batch in the spool is damaged; its bytes are booked as lost",
            metadata: ["reason": "\(reason)", "bytes": "\(counters.map { "\($0.bytes)" } ?? "unknown")"]
        )
    }
}

extension Spool.State {
    /// Moves on to `next`, after a batch of `totals`.
    fileprivate mutating func leave(_ totals: FlowCounters, for next: UInt64) {
        waiting = waiting.subtracting(totals)
        batches -= 1
        disk.settled = next
        disk.generation += 1
    }
}
