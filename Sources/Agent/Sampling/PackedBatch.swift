// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

/// A batch as it is sent, with what must be known of it without unpacking.
struct PackedBatch: Hashable, Sendable {
    /// Position in the sequence of its source.
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

    /// A batch that was packed before, as it was kept.
    init(
        bytes: [UInt8],
        sequence: UInt64,
        interval: Interval,
        records: Int,
        totals: FlowCounters,
        carried: FlowCounters
    ) {
        self.bytes = bytes
        self.sequence = sequence
        self.interval = interval
        self.records = records
        self.totals = totals
        self.carried = carried
    }

    /// Sum over what this batch is the first to hold.
    var fresh: FlowCounters {
        totals.subtracting(carried)
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

extension FlowCounters {
    /// What is left of each counter without `other`; 0 where that is larger.
    func subtracting(_ other: FlowCounters) -> FlowCounters {
        FlowCounters(
            egressBytes: egressBytes - min(other.egressBytes, egressBytes),
            ingressBytes: ingressBytes - min(other.ingressBytes, ingressBytes),
            egressPackets: egressPackets - min(other.egressPackets, egressPackets),
            ingressPackets: ingressPackets - min(other.ingressPackets, ingressPackets)
        )
    }
}
