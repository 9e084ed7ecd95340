// SPDX-License-Identifier: Apache-2.0
import Capture
import Traffic

/// What one drain came to.
struct Sample: Sendable {
    /// The batches to send, in order.
    var batches: [PackedBatch] = []
    /// Number of the drain.
    let drain: UInt64
    /// Flows that were drained.
    let flows: Int
    /// Sum over the flows.
    let seen: FlowCounters
    /// What the kernel could not book to a flow.
    let losses: [Loss]
    /// How full the kernel's maps are.
    let maps: [MapUse]
    /// Sum over batches that broke a limit of the wire, which the source of the flows makes impossible.
    var unsendable = FlowCounters.zero
    /// Which limits, in words.
    var reasons: [String] = []

    /// What `drain`, which has this number, came to; no batches yet.
    init(_ drain: Drain, number: UInt64) {
        self.drain = number
        flows = drain.flows.count
        seen = drain.flows.reduce(into: .zero) { $0 += $1.counters }
        losses = drain.losses
        maps = drain.maps
    }
}
