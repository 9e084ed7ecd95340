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

    /// The mark after `booking`, whose sequence is greater than this mark's, was applied at `now`.
    func advanced(by booking: Booking, now: Int64) -> Watermark {
        Watermark(
            sequence: booking.sequence,
            intervalEnd: max(intervalEnd, booking.interval.end),
            firstSeen: firstSeen,
            lastSeen: now,
            batches: batches + 1,
            missing: missing + (booking.sequence - sequence - 1),
            records: records + UInt64(max(0, booking.records))
        )
    }
}

/// Whose loss, and why.
struct LossKey: Hashable, Sendable {
    var cluster: String
    var node: String
    var reason: String
}
