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
    /// Minutes of the series that await their pods and get rows, with the minutes that they had before.
    private(set) var waiting: [Int: ClosedRange<Int64>] = [:]
    /// Flow records of the applied bookings.
    private(set) var records: UInt64 = 0

    private var newIDs: [SeriesKey: Int] = [:]
    /// Sum of every counter of the plan, kept below 2^62.
    private var sum = FlowCounters.zero

    /// Seconds of the finest tier's buckets.
    private static let minute: Int64 = 60
    private static let nanoseconds: Int64 = 1_000_000_000

    /// The plan of committing `bookings`, in their order, to `state` at `now` (seconds since 1970).
    init(_ bookings: some Sequence<Booking>, on state: LedgerState, now: Int64) {
        for booking in bookings {
            answers.append(stage(booking, on: state, now: now))
        }
        rows = BucketRow.merged(rows, width: Self.minute)
        noteWaiting(on: state)
    }

    private mutating func noteWaiting(on state: LedgerState) {
        var ids = state.unattributed
        for (key, id) in newIDs where key.awaitsItsPod { ids.insert(id) }
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
            watermarks[source] ?? state.watermarks[source] ?? Watermark(firstSeen: now, lastSeen: now)
        guard booking.sequence >= 1, booking.sequence < UInt64(Int64.max) else {
            return refusal(booking, "its sequence is \(booking.sequence), which is not in 1...2^63-2")
        }
        guard booking.sequence > mark.sequence else {
            duplicates[source, default: 0] += 1
            return .success(Receipt(outcome: .duplicate, nextSequence: mark.sequence + 1))
        }
        guard booking.interval.start >= 0, booking.interval.end > booking.interval.start else {
            return refusal(booking, "its interval is empty or begins before 1970")
        }
        if let problem = stageCounters(of: booking, on: state) { return refusal(booking, problem) }
        watermarks[source] = mark.advanced(by: booking, now: now)
        records += UInt64(max(0, booking.records))
        return .success(Receipt(outcome: .applied, nextSequence: booking.sequence + 1))
    }

    /// Stages entries and losses; on a problem, which it returns, the plan is as it was.
    private mutating func stageCounters(of booking: Booking, on state: LedgerState) -> String? {
        let seconds = booking.interval.start / Self.nanoseconds
        let bucketStart = seconds - seconds % Self.minute
        let before = (rows: rows.count, series: newSeries.count, losses: losses.count, sum: sum)
        var problem: String?
        for entry in booking.entries where !entry.counters.isZero {
            let id = intern(entry.series, on: state)
            guard let next = sum.adding(bookable: entry.counters), state.total(of: id).isBookable else {
                problem = "a counter of pod \(entry.series.namespace)/\(entry.series.pod) would pass 2^62"
                break
            }
            sum = next
            rows.append(BucketRow(bucketStart: bucketStart, seriesID: id, counters: entry.counters))
        }
        for loss in booking.losses where problem == nil && !loss.counters.isZero {
            let key = LossKey(cluster: booking.source.cluster, node: booking.source.node, reason: loss.reason)
            guard
                let next = sum.adding(bookable: loss.counters),
                state.lossTotals[key, default: .zero].isBookable
            else {
                problem = "the loss \(loss.reason) would pass 2^62"
                break
            }
            sum = next
            losses.append(LossRow(bucketStart: bucketStart, key: key, counters: loss.counters))
        }
        guard problem != nil else { return nil }
        rows.removeSubrange(before.rows...)
        losses.removeSubrange(before.losses...)
        for key in newSeries[before.series...] { newIDs[key] = nil }
        newSeries.removeSubrange(before.series...)
        sum = before.sum
        return problem
    }

    private mutating func intern(_ key: SeriesKey, on state: LedgerState) -> Int {
        if let id = state.seriesIDs[key] { return id }
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
