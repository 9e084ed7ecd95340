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
    /// The part of ``totals`` that was counted before: losses of batches that were refused.
    let carried: FlowCounters
    /// The body of `POST /v1/flows`.
    let bytes: [UInt8]

    /// Packs `batch`; throws `WireError` if it breaks a limit of the wire.
    ///
    /// - Parameter carried: Those of its losses that report batches refused before.
    init(_ batch: FlowBatch, carried losses: [Loss] = []) throws(WireError) {
        bytes = try batch.encoded()
        sequence = batch.sequence
        interval = batch.interval
        records = batch.flows.count
        totals = batch.totals
        carried = losses.reduce(into: .zero) { $0 += $1.counters }
    }

    /// Sum over what this batch is the first to hold.
    var fresh: FlowCounters {
        FlowCounters(
            egressBytes: totals.egressBytes - carried.egressBytes,
            ingressBytes: totals.ingressBytes - carried.ingressBytes,
            egressPackets: totals.egressPackets - carried.egressPackets,
            ingressPackets: totals.ingressPackets - carried.ingressPackets
        )
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
