// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

/// A batch as it is sent, with what must be known of it without unpacking.
struct PackedBatch: Hashable, Sendable {
    /// Position in the sequence of this process.
    let sequence: UInt64
    /// When the bytes were counted.
    let interval: Interval
    /// Flows in it.
    let records: Int
    /// Sum over its flows and losses.
    let totals: FlowCounters
    /// The body of `POST /v1/flows`.
    let bytes: [UInt8]

    /// Packs `batch`; throws `WireError` if it breaks a limit of the wire.
    init(_ batch: FlowBatch) throws(WireError) {
        bytes = try batch.encoded()
        sequence = batch.sequence
        interval = batch.interval
        records = batch.flows.count
        totals = batch.totals
    }

    /// Bytes of memory that it takes while it waits, its own body and the rest.
    var footprint: Int {
        bytes.count + 256
    }
}

extension FlowBatch {
    /// Sum over flows and losses.
    var totals: FlowCounters {
        var total = FlowCounters.zero
        for flow in flows { total += flow.counters }
        for loss in losses { total += loss.counters }
        return total
    }
}
