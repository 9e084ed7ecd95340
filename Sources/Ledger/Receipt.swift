// SPDX-License-Identifier: Apache-2.0

/// What became of a booking.
///
/// Given only after the commit that holds it is durable.
public struct Receipt: Hashable, Sendable {
    /// Whether the bytes were booked by this call or had been before.
    public enum Outcome: String, Hashable, Sendable {
        /// Booked now.
        case applied
        /// The source's watermark had already passed this sequence; nothing was changed.
        case duplicate
        /// Earlier batches, which the sender has, are missing; nothing was changed.
        case gap
    }

    /// What became of the booking.
    public var outcome: Outcome
    /// The sequence the ledger wants next from this source.
    public var nextSequence: UInt64

    /// A receipt with the given outcome.
    public init(outcome: Outcome, nextSequence: UInt64) {
        self.outcome = outcome
        self.nextSequence = nextSequence
    }
}
