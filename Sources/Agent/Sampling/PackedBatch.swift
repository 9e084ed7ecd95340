// SPDX-License-Identifier: Apache-2.0
import Traffic
import Wire

/// A batch as it is sent, with what must be known of it without unpacking.
struct PackedBatch: Hashable, Sendable {
    /// Boot id under which it is numbered.
    let source: UInt128
    /// Position in the sequence of its source.
    let sequence: UInt64
    /// When the bytes were counted.
    let interval: Interval
    /// Flows in it.
    let records: Int
    /// Sum over its flows and losses.
    let totals: FlowCounters
    /// Sum over it and all batches of its source before.
    let running: FlowCounters
    /// True if it only reports the loss of the batch that had its sequence.
    private(set) var isReport = false
    /// The part of ``totals`` that the agent had to give up, and that it reports as lost.
    private(set) var dropped = FlowCounters.zero
    /// It as protobuf.
    private(set) var bytes: [UInt8]

    /// Packs `batch`; throws `WireError` if it breaks a limit of the wire.
    init(_ batch: FlowBatch) throws(WireError) {
        bytes = try batch.encoded()
        source = batch.source.bootID
        sequence = batch.sequence
        interval = batch.interval
        records = batch.flows.count
        totals = batch.totals
        running = batch.running ?? batch.totals
    }

    /// A batch that was packed before, as it was kept.
    init(_ record: SpoolRecord, bytes: [UInt8]) {
        self.bytes = bytes
        source = record.source
        sequence = record.sequence
        interval = record.interval
        records = Int(record.records)
        totals = record.totals
        running = record.running
    }

    /// It, with the loss of its flows for `reason` instead of them; `nil` if that cannot be sent either.
    ///
    /// - Parameter sender: Who it is from, if its bytes cannot say; all of it is lost then.
    func given(up reason: String, by sender: BatchSource? = nil) -> PackedBatch? {
        guard !isReport else { return nil }
        var result = self
        result.isReport = true
        var batch: FlowBatch
        if let sender {
            batch = FlowBatch(
                source: BatchSource(cluster: sender.cluster, node: sender.node, bootID: source),
                sequence: sequence,
                interval: interval
            )
            result.dropped = totals
        } else {
            // It came out of our own encoder; what cannot be read again cannot be sent again.
            guard let whole = try? FlowBatch(encoded: bytes) else { return nil }
            batch = whole
            result.dropped = whole.flows.reduce(into: .zero) { $0 += $1.counters }
            batch.flows = []
            batch.owners = []
        }
        batch.losses.append(Loss(reason: reason, counters: result.dropped))
        batch.running = running
        // The only limit that this can break is the number of reasons.
        guard let encoded = try? batch.encoded() else { return nil }
        result.bytes = encoded
        return result
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
