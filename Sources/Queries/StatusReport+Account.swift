// SPDX-License-Identifier: Apache-2.0
public import Traffic

extension StatusReport {
    /// What one node's kernel program saw, and what became of it: seen = booked + waiting + lost.
    public struct Account: Hashable, Sendable {
        /// The cluster the agent reported.
        public var cluster: String
        /// The node's name.
        public var node: String
        /// Everything the node counted since the ledger knows it.
        public var seen: FlowCounters
        /// Everything ever booked to the node's series.
        public var booked: FlowCounters
        /// What its agent had counted and not delivered when it was last heard.
        public var waiting: FlowCounters
        /// Everything ever lost, over all reasons.
        public var lost: FlowCounters
        /// Milliseconds by which the node's clock was ahead at its latest delivery, the way here included.
        public var clockSkewMilliseconds: Int64?
        /// Batches that were booked by the classifier's clock since it started, because the node's was wrong.
        public var reclockedBatches: UInt64

        /// An account with the given content.
        public init(
            cluster: String,
            node: String,
            seen: FlowCounters,
            booked: FlowCounters,
            waiting: FlowCounters,
            lost: FlowCounters,
            clockSkewMilliseconds: Int64? = nil,
            reclockedBatches: UInt64 = 0
        ) {
            self.cluster = cluster
            self.node = node
            self.seen = seen
            self.booked = booked
            self.waiting = waiting
            self.lost = lost
            self.clockSkewMilliseconds = clockSkewMilliseconds
            self.reclockedBatches = reclockedBatches
        }

        /// True if every byte and packet that was seen is booked, waits, or is lost by reason.
        public var isBalanced: Bool {
            var known = booked
            known += waiting
            known += lost
            return known == seen
        }
    }
}
