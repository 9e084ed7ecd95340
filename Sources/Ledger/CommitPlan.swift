// SPDX-License-Identifier: Apache-2.0
import Traffic

/// What one commit adds to a ledger, worked out from the bookings before anything is written.
///
/// A plan that cannot be written is dropped, and the state it was made from is as it was.
struct CommitPlan {
    /// Losses of one node, minute and reason.
    struct LossRow {
        var bucketStart: Int64
        var key: LossKey
        var counters: FlowCounters
    }

    /// Series to insert; their ids follow those that the state knows.
    private(set) var newSeries: [SeriesKey] = []
    /// Additions by minute, in key order.
    private(set) var rows: [BucketRow] = []
    /// Additions to the losses, in the order of the bookings.
    private(set) var losses: [LossRow] = []
    /// The marks that move, with their new values.
    private(set) var watermarks: [BatchSource: Watermark] = [:]
    /// Duplicates by source.
    private(set) var duplicates: [BatchSource: UInt64] = [:]
    /// One for each booking, in their order.
    private(set) var answers: [Result<Receipt, LedgerError>] = []
    /// Minutes of the series that await their pods or peers and get rows, with the minutes that they had before.
    private(set) var waiting: [Int: ClosedRange<Int64>] = [:]
    /// Flow records of the applied bookings.
    private(set) var records: UInt64 = 0

    private var newIDs: [SeriesKey: Int] = [:]
    /// Sum of every counter of the plan, kept below 2^62.
    private var sum = FlowCounters.zero

    /// Seconds of the finest tier's buckets.
    private static let minute: Int64 = 60
    private static let nanoseconds: Int64 = 1_000_000_000
    /// Reason of bytes that a source counted, and that no batch brought.
    private static let notReceived = "not_received"

    /// The plan of committing `bookings`, in their order, to `state` at `now` (seconds since 1970).
    init(_ bookings: some Sequence<Booking>, on state: LedgerState, now: Int64) {
        for booking in bookings {
            answers.append(stage(booking, on: state, now: now))
        }
        rows = BucketRow.merged(rows, width: Self.minute)
        noteWaiting(on: state)
    }

    private mutating func noteWaiting(on state: LedgerState) {
        var ids = state.provisional
        for (key, id) in newIDs where key.isProvisional { ids.insert(id) }
        guard !ids.isEmpty else { return }
        for row in rows where ids.contains(row.seriesID) {
            let known = waiting[row.seriesID] ?? state.waiting[row.seriesID] ?? row.bucketStart...row.bucketStart
            waiting[row.seriesID] =
                min(known.lowerBound, row.bucketStart)...max(known.upperBound, row.bucketStart)
        }
    }

    /// True if nothing needs to be written.
    var isEmpty: Bool {
        watermarks.isEmpty
    }

    private mutating func stage(
        _ booking: Booking,
        on state: LedgerState,
        now: Int64
    ) -> Result<Receipt, LedgerError> {
        let source = booking.source
        let mark =
            watermarks[source] ?? state.watermarks[source] ?? firstMark(of: booking, on: state, now: now)
        guard booking.sequence >= 1, booking.sequence < UInt64(Int64.max) else {
            return refusal(booking, "its sequence is \(booking.sequence), which is not in 1...2^63-2")
        }
        guard booking.sequence > mark.sequence else {
            duplicates[source, default: 0] += 1
            return .success(Receipt(outcome: .duplicate, nextSequence: mark.sequence + 1))
        }
        guard mark.sequence >= booking.after || booking.sequence == mark.sequence + 1 else {
            return .success(Receipt(outcome: .gap, nextSequence: mark.sequence + 1))
        }
        guard booking.interval.start >= 0, booking.interval.end > booking.interval.start else {
            return refusal(booking, "its interval is empty or begins before 1970")
        }
        let brought: FlowCounters
        let missed: FlowCounters
        switch stageCounters(of: booking, after: mark, on: state) {
        case .staged(let counters, let gap): (brought, missed) = (counters, gap)
        case .refused(let problem): return refusal(booking, problem)
        }
        watermarks[source] = mark.advanced(by: booking, bringing: brought, missed: missed, now: now)
        records += UInt64(max(0, booking.records))
        return .success(Receipt(outcome: .applied, nextSequence: booking.sequence + 1))
    }

    /// Where a source begins that the ledger has not heard of.
    ///
    /// What a node counted before the ledger first heard of it belongs to no ledger, or to another one. Of a node that
    /// it knows, it answers for every byte.
    private func firstMark(of booking: Booking, on state: LedgerState, now: Int64) -> Watermark {
        var mark = Watermark(firstSeen: now, lastSeen: now)
        let node = NodeName(booking.source)
        let isKnown = state.nodes.contains(node) || watermarks.keys.contains { NodeName($0) == node }
        if isKnown || booking.sequence == 1 { mark.running = .zero }
        return mark
    }

    /// What became of the counters of a booking.
    private enum Staging {
        /// They are in the plan: what the booking brought, and what had been missing before it.
        case staged(FlowCounters, missed: FlowCounters)
        /// The plan is as it was.
        case refused(String)
    }

    /// Stages entries and losses, and what is missing between `mark` and the booking.
    private mutating func stageCounters(of booking: Booking, after mark: Watermark, on state: LedgerState) -> Staging {
        let seconds = booking.interval.start / Self.nanoseconds
        let bucketStart = seconds - seconds % Self.minute
        let before = (rows: rows.count, series: newSeries.count, losses: losses.count, sum: sum)
        var problem: String?
        var brought = FlowCounters.zero
        var missed = FlowCounters.zero
        for entry in booking.entries where !entry.counters.isZero {
            let id = intern(entry.series, on: state)
            guard let next = sum.adding(bookable: entry.counters), state.total(of: id).isBookable else {
                problem = "a counter of pod \(entry.series.namespace)/\(entry.series.pod) would pass 2^62"
                break
            }
            sum = next
            brought += entry.counters
            rows.append(BucketRow(bucketStart: bucketStart, seriesID: id, counters: entry.counters))
        }
        var losses = booking.losses
        if problem == nil {
            for loss in losses where loss.counters.isBookable { brought.addSaturating(loss.counters) }
            missed = mark.missed(before: booking, bringing: brought)
            losses += Self.reasons(of: missed, told: booking.skipped)
        }
        for loss in losses where problem == nil && !loss.counters.isZero {
            let key = LossKey(cluster: booking.source.cluster, node: booking.source.node, reason: loss.reason)
            guard
                let next = sum.adding(bookable: loss.counters),
                state.lossTotals[key, default: .zero].isBookable
            else {
                problem = "the loss \(loss.reason) would pass 2^62"
                break
            }
            sum = next
            self.losses.append(LossRow(bucketStart: bucketStart, key: key, counters: loss.counters))
        }
        guard let problem else { return .staged(brought, missed: missed) }
        rows.removeSubrange(before.rows...)
        self.losses.removeSubrange(before.losses...)
        for key in newSeries[before.series...] { newIDs[key] = nil }
        newSeries.removeSubrange(before.series...)
        sum = before.sum
        return .refused(problem)
    }

    /// `missed` by reason: what the sender told, as far as it fits, and what nobody can explain.
    private static func reasons(of missed: FlowCounters, told: [Loss]) -> [Loss] {
        var rest = missed
        var losses: [Loss] = []
        for loss in told where rest.contains(loss.counters) {
            rest = rest.subtracting(loss.counters)
            losses.append(loss)
        }
        if !rest.isZero { losses.append(Loss(reason: notReceived, counters: rest)) }
        return losses
    }

    private mutating func intern(_ key: SeriesKey, on state: LedgerState) -> Int {
        if let id = state.id(of: key) { return id }
        if let id = newIDs[key] { return id }
        newSeries.append(key)
        let id = state.seriesIDs.count + newSeries.count
        newIDs[key] = id
        return id
    }

    private func refusal(_ booking: Booking, _ problem: String) -> Result<Receipt, LedgerError> {
        .failure(
            LedgerError(
                .outOfRange,
                "batch \(booking.sequence) of node \(booking.source.node) cannot be booked: \(problem)"
            )
        )
    }
}
