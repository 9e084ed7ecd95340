// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Traffic

/// What the agent has done since it started; shared by the loop, the uploader and the scrape.
final class AgentCounters: Sendable {
    /// All values at one moment.
    struct Values: Sendable {
        /// Drains that succeeded.
        var drains: UInt64 = 0
        /// Drains that failed; their bytes came with the next.
        var failedDrains: UInt64 = 0
        /// Ticks without a drain because the queue was full, or could not be written.
        var pauses: UInt64 = 0
        /// Time spent in drains, owners and packing included, in nanoseconds.
        var drainNanoseconds: UInt64 = 0
        /// Walks of the cgroup tree.
        var walks: UInt64 = 0
        /// Flow records drained.
        var flows: UInt64 = 0
        /// Bytes and packets of flows.
        var seen = FlowCounters.zero
        /// What became of flows to services; all zero without `--service-cidr`.
        var services = ServiceTally()
        /// Bytes and packets that did not get into the ledger as flows, by reason.
        var lost: [String: FlowCounters] = [:]
        /// Batches acknowledged as applied.
        var applied: UInt64 = 0
        /// Batches acknowledged as duplicates.
        var duplicates: UInt64 = 0
        /// Batches refused for good.
        var refused: UInt64 = 0
        /// Batches of earlier processes that were found in the spool.
        var recovered: UInt64 = 0
        /// Ends of the spool that a crash had cut off; what they held was never final.
        var torn: UInt64 = 0
        /// Places in the spool that could not be read, each at least a batch.
        var corrupt: UInt64 = 0
        /// Batches in the spool that grew too old.
        var expired: UInt64 = 0
        /// Times that the ledger asked for batches that it had acknowledged.
        var rewinds: UInt64 = 0
        /// Attempts that failed.
        var retries: UInt64 = 0
        /// Bytes and packets acknowledged, as flows or as the kernel's losses.
        var delivered = FlowCounters.zero
        /// How full the kernel's maps were at the latest drain.
        var maps: [MapUse] = []
        /// Whether the latest drain succeeded; `nil` before the first.
        var isDraining: Bool?
    }

    private let values = Mutex(Values())

    /// All zero.
    init() {}

    /// The values at this moment.
    var snapshot: Values {
        values.withLock { $0 }
    }

    /// Changes the values; `change` must not block.
    func update(_ change: (inout Values) -> Void) {
        values.withLock { change(&$0) }
    }
}

extension AgentCounters.Values {
    /// Reason of losses that broke a limit of the wire.
    static let unsendableReason = "unsendable"

    /// Counts a drain that took `nanoseconds`.
    mutating func drained(_ sample: Sample, nanoseconds: Int64, walks: UInt64) {
        drains += 1
        drainNanoseconds += UInt64(max(0, nanoseconds))
        self.walks = walks
        flows += UInt64(sample.flows)
        seen += sample.seen
        for loss in sample.losses { lost[loss.reason, default: .zero] += loss.counters }
        if !sample.unsendable.isZero { lost[Self.unsendableReason, default: .zero] += sample.unsendable }
        maps = sample.maps
        isDraining = true
    }

    /// Counts a drain that failed.
    mutating func failedDrain() {
        failedDrains += 1
        isDraining = false
    }

    /// Counts batches that are booked, `applied` of them by the latest request.
    mutating func sent(_ batches: [PackedBatch], applied count: UInt64) {
        let count = min(count, UInt64(batches.count))
        applied += count
        duplicates += UInt64(batches.count) - count
        for batch in batches { delivered += batch.totals.subtracting(batch.dropped) }
    }

    /// Counts a batch that will never be booked as it is.
    mutating func refused(_ batch: PackedBatch, reason: String) {
        // The report of a loss that is refused as well is no second loss.
        refused += 1
        guard !batch.isReport else { return }
        lost[reason, default: .zero] += batch.given(up: reason)?.dropped ?? batch.totals
    }
}
