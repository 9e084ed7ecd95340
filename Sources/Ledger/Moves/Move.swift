// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// Bytes that were booked to one series and turn out to belong to another.
public struct Move: Hashable, Sendable {
    /// First second of the minute they are booked in, since 1970-01-01T00:00:00Z; a multiple of 60.
    public var minute: Int64
    /// The series they are booked to.
    public var from: SeriesKey
    /// The series they belong to.
    public var to: SeriesKey
    /// How many; no more than ``from`` has in that minute.
    public var counters: FlowCounters

    /// A move of `counters` in the minute that begins at `minute`.
    public init(minute: Int64, from: SeriesKey, to: SeriesKey, counters: FlowCounters) {
        self.minute = minute
        self.from = from
        self.to = to
        self.counters = counters
    }
}
