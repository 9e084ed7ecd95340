// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// What a store found for a query, before sorting and limiting: one fact per bucket and group that has bytes.
public struct UsageFacts: Sendable {
    /// Bytes of one group in one bucket of the answer.
    public struct Fact: Hashable, Sendable {
        /// First second of the bucket.
        public var bucketStart: Int64
        /// Values of the query's ``UsageQuery/groupBy``, in its order.
        public var group: [String]
        /// The sum.
        public var counters: FlowCounters

        /// A fact with the given parts.
        public init(bucketStart: Int64, group: [String], counters: FlowCounters) {
            self.bucketStart = bucketStart
            self.group = group
            self.counters = counters
        }
    }

    /// The buckets that were read.
    public var resolution: Resolution
    /// In no particular order; each (bucket, group) once.
    public var facts: [Fact]
    /// Bytes that nodes reported as lost in the range, by reason, summed over nodes.
    ///
    /// Filters do not apply: a lost byte has no dimensions.
    public var losses: [Loss]

    /// Facts read at `resolution`.
    public init(resolution: Resolution, facts: [Fact], losses: [Loss] = []) {
        self.resolution = resolution
        self.facts = facts
        self.losses = losses
    }
}
