// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// One classified batch, ready to be booked once and only once.
public struct Booking: Sendable {
    /// Bytes of one series.
    public struct Entry: Sendable {
        /// The series.
        public var series: SeriesKey
        /// What is added to it.
        public var counters: FlowCounters

        /// `counters` for `series`.
        public init(series: SeriesKey, counters: FlowCounters) {
            self.series = series
            self.counters = counters
        }
    }

    /// Who sent the batch.
    public var source: BatchSource
    /// The batch's position in the source's sequence.
    public var sequence: UInt64
    /// When the bytes were counted; they are booked in the minute of its start.
    public var interval: Interval
    /// Sums by series; a series may appear more than once.
    public var entries: [Entry]
    /// Bytes the node could not book to a flow.
    public var losses: [Loss]
    /// Flow records the batch carried before aggregation.
    public var records: Int
    /// Sum over this batch and all earlier ones of its source, by the sender's count; `nil` if it did not say.
    ///
    /// What is missing between it and the last booked batch is booked as lost.
    public var running: FlowCounters?
    /// Sequence of the latest batch that the sender had before this one: until that is booked, this one is not.
    public var after: UInt64 = 0
    /// Why bytes are missing that stood before this batch, as far as the sender knows.
    public var skipped: [Loss] = []

    /// A booking with the given content.
    public init(
        source: BatchSource,
        sequence: UInt64,
        interval: Interval,
        entries: [Entry],
        losses: [Loss] = [],
        records: Int
    ) {
        self.source = source
        self.sequence = sequence
        self.interval = interval
        self.entries = entries
        self.losses = losses
        self.records = records
    }
}
