// SPDX-License-Identifier: Apache-2.0
public import Ledger
public import Traffic

/// A booking that does not hold exactly what its batch brought: a bug, found before it is booked.
public struct Imbalance: Error, Equatable, CustomStringConvertible {
    /// Sum of the batch's flows.
    public var brought: FlowCounters
    /// Sum of the booking's entries.
    public var booked: FlowCounters
    /// True if the losses were not carried through as they came.
    public var lossesDiffer: Bool

    /// Compares both sides of the arrow; `nil` if nothing is missing and nothing was added.
    public init?(batch: FlowBatch, booking: Booking) {
        brought = batch.flows.reduce(into: .zero) { $0 += $1.counters }
        booked = booking.entries.reduce(into: .zero) { $0 += $1.counters }
        lossesDiffer = batch.losses != booking.losses
        if brought == booked, !lossesDiffer { return nil }
    }

    /// Both sums, and whether the losses differ.
    public var description: String {
        "the batch brought \(Self.text(brought)), its booking holds \(Self.text(booked))"
            + (lossesDiffer ? ", and its losses were changed" : "")
    }

    private static func text(_ counters: FlowCounters) -> String {
        "egress \(counters.egressBytes) B/\(counters.egressPackets) packets, "
            + "ingress \(counters.ingressBytes) B/\(counters.ingressPackets) packets"
    }
}
