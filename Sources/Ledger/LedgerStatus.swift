// SPDX-License-Identifier: Apache-2.0
public import Queries
public import Traffic

/// How much a tier's sealed buckets take.
public struct SealedSize: Hashable, Sendable {
    /// The tier.
    public var tier: Resolution
    /// Rows in its segments.
    public var rows: Int
    /// Bytes of the segments, without what SQLite adds.
    public var bytes: Int
}

/// What the ledger holds and how far each node has come.
public struct LedgerStatus: Sendable {
    /// How far one source has come.
    public struct Node: Hashable, Sendable {
        /// The node, and which life of its agent's kernel state.
        public var source: BatchSource
        /// The highest sequence that is booked; the ledger wants the next one.
        public var sequence: UInt64
        /// The latest end of a booked interval, in nanoseconds since 1970-01-01T00:00:00Z.
        public var lastIntervalEnd: Int64
        /// When the first batch was booked, in seconds since 1970-01-01T00:00:00Z by this host's clock.
        public var firstSeen: Int64
        /// When the latest batch was booked, in seconds since 1970-01-01T00:00:00Z by this host's clock.
        public var lastSeen: Int64
        /// Batches that were booked.
        public var batches: UInt64
        /// Sequence numbers that the source passed over: batches that never came.
        public var missing: UInt64
        /// Flow records in the booked batches.
        public var records: UInt64
        /// Sum over the source's batches up to ``sequence``, by its own count; `nil` if it never told one.
        public var running: FlowCounters?
        /// Batches that came again after they were booked, since the ledger was opened.
        public var duplicates: UInt64
    }

    /// Everything one node ever reported as lost for one reason.
    public struct NodeLoss: Hashable, Sendable {
        /// The cluster's name.
        public var cluster: String
        /// The node's name.
        public var node: String
        /// The reason, and what it took.
        public var loss: Loss
    }

    /// What one node brought, and what became of it: `accepted` = `booked` + `lost`.
    public struct Account: Hashable, Sendable {
        /// The cluster's name.
        public var cluster: String
        /// The node's name.
        public var node: String
        /// What its sources counted up to their watermarks, since the ledger knows the node.
        public var accepted = FlowCounters.zero
        /// Everything ever booked to its series.
        public var booked: FlowCounters
        /// Everything ever lost, over all reasons.
        public var lost = FlowCounters.zero

        init(_ name: NodeName, booked: FlowCounters) {
            cluster = name.cluster
            node = name.node
            self.booked = booked
        }
    }

    /// Sorted by cluster, node, then the first seen first.
    public var nodes: [Node]
    /// Sorted by cluster, node and reason.
    public var losses: [NodeLoss]
    /// Sorted by cluster and node.
    public var accounts: [Account]
    /// Everything ever booked.
    public var totals: FlowCounters
    /// Series that the ledger knows.
    public var series: Int
    /// Bytes on disk of the ledger and its write-ahead log.
    public var fileBytes: Int64
    /// Version of the ledger's schema.
    public var schemaVersion: Int
}
