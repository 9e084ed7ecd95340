// SPDX-License-Identifier: Apache-2.0

/// Bytes that were seen and could not be booked to a flow, by reason.
///
/// Nothing is dropped without one.
public struct Loss: Hashable, Sendable {
    /// Why: lower-case words joined by `_`, at most 64 bytes, for instance `map_full`.
    public var reason: String
    /// Bytes and packets that the reason took, during the batch's interval.
    public var counters: FlowCounters

    /// A loss of `counters` for `reason`.
    public init(reason: String, counters: FlowCounters) {
        self.reason = reason
        self.counters = counters
    }
}
