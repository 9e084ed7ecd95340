// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

/// The oldest batches that wait, to be sent in one request: of one source and in order.
struct Shipment: Hashable, Sendable {
    /// How large one may be; a single batch may always go.
    struct Limit: Hashable, Sendable {
        /// Batches.
        var batches = 64
        /// Bytes of their bodies.
        var bytes = 1 << 20
    }

    /// Sequence of the batch before the first one, which the ledger must have; 0 if it is not here any more.
    var after: UInt64 = 0
    /// What was given up between the two, by reason.
    var skipped: [Loss] = []
    /// What the source has counted until now; `nil` if that is not known.
    var counted: FlowCounters?
    /// At least one.
    var batches: [PackedBatch]

    /// The body of `POST /v1/flows`.
    ///
    /// - Parameter now: The time in nanoseconds since 1970-01-01T00:00:00Z.
    /// - Throws: `WireError` if what is skipped breaks a limit of the wire.
    func body(at now: Int64) throws(WireError) -> [UInt8] {
        try DeliveryNote(after: after, skipped: skipped, sent: now, counted: counted)
            .encoded(with: batches.map(\.bytes))
    }

    /// Sequence of the first batch.
    var first: UInt64 { batches.first?.sequence ?? 0 }
    /// Sequence of the last batch.
    var last: UInt64 { batches.last?.sequence ?? 0 }
}
