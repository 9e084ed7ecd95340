// SPDX-License-Identifier: Apache-2.0
import Traffic

/// What became of flows to services.
struct ServiceTally: Sendable {
    /// Bytes and packets that were booked to the backend.
    var resolved = FlowCounters.zero
    /// Bytes and packets that kept the service's address, which the node itself holds.
    var local = FlowCounters.zero
    /// Bytes and packets that kept the service's address, of which nobody knows who answers.
    var unresolved = FlowCounters.zero
    /// Times that the kernel had more to tell of connections than its buffer holds.
    var overruns: UInt64 = 0
    /// Connections that could not be kept.
    var refused: UInt64 = 0

    /// Adds the flows of `drain`, and takes over its totals.
    mutating func add(_ drain: ServiceTally) {
        resolved += drain.resolved
        local += drain.local
        unresolved += drain.unresolved
        (overruns, refused) = (drain.overruns, drain.refused)
    }
}
