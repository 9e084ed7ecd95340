// SPDX-License-Identifier: Apache-2.0
import Traffic

/// How far one source has come, as a row of the table `watermarks`.
struct Watermark: Hashable, Sendable {
    var sequence: UInt64 = 0
    var intervalEnd: Int64 = .min
    var firstSeen: Int64
    var lastSeen: Int64
    var batches: UInt64 = 0
    var missing: UInt64 = 0
    var records: UInt64 = 0
    /// Sum over the source's batches up to this mark, by its own count; `nil` if that is not known.
    var running: FlowCounters?
    /// The part of that sum that this ledger answers for, booked or lost.
    var accepted = FlowCounters.zero

    /// What the source counted between this mark and `booking`, which brings `sum`, and never brought.
    func missed(before booking: Booking, bringing sum: FlowCounters) -> FlowCounters {
        guard let running, let next = booking.running else { return .zero }
        return next.subtracting(sum).subtracting(running)
    }

    /// The mark after `booking`, whose sequence is greater than this mark's, was applied at `now`.
    ///
    /// - Parameters:
    ///   - sum: What it brought, losses included.
    ///   - missed: What was booked as lost besides.
    func advanced(by booking: Booking, bringing sum: FlowCounters, missed: FlowCounters, now: Int64) -> Watermark {
        var mark = self
        mark.sequence = booking.sequence
        mark.intervalEnd = max(intervalEnd, booking.interval.end)
        mark.lastSeen = now
        mark.batches += 1
        mark.missing += booking.sequence - sequence - 1
        mark.records += UInt64(max(0, booking.records))
        mark.accepted.addSaturating(sum)
        mark.accepted.addSaturating(missed)
        if let running = booking.running {
            mark.running = running
        } else {
            mark.running?.addSaturating(sum)
        }
        return mark
    }
}

/// A node of a cluster.
struct NodeName: Hashable, Sendable {
    var cluster: String
    var node: String

    /// The node called `node` in `cluster`.
    init(cluster: String, node: String) {
        self.cluster = cluster
        self.node = node
    }

    /// The node that `source` is a life of.
    init(_ source: BatchSource) {
        cluster = source.cluster
        node = source.node
    }

    /// The node whose loss `key` is.
    init(_ key: LossKey) {
        cluster = key.cluster
        node = key.node
    }

    /// The node that `series` belongs to.
    init(_ series: SeriesKey) {
        cluster = series.cluster
        node = series.node
    }
}

/// Whose loss, and why.
struct LossKey: Hashable, Sendable {
    var cluster: String
    var node: String
    var reason: String
}
