// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Traffic
import Wire

/// What nodes said with their latest delivery, and whose times were not believed.
///
/// In memory only: after a restart of the classifier it comes back with the next delivery.
final class NodeReports: Sendable {
    /// Why a batch was booked by the classifier's clock.
    enum Distrust: String, CaseIterable, Sendable {
        /// The node's clock differs by more than is tolerated.
        case clockSkew = "clock_skew"
        /// The interval ends in the future although the node's clock is right, or is not told.
        case future
    }

    /// What is known of one node.
    struct Report: Sendable {
        var cluster: String
        var node: String
        /// The source that the latest delivery was of.
        var bootID: UInt128
        /// Nanoseconds by which the node's clock was ahead when it last sent, its way here included; `nil` if not told.
        var skew: Int64?
        /// What that source had counted then; `nil` if not told.
        var counted: FlowCounters?
        /// Batches that were booked by the classifier's clock since it started.
        var distrusted: [Distrust: UInt64] = [:]
    }

    private struct Node: Hashable {
        var cluster: String
        var name: String
    }

    private let reports = Mutex<[Node: Report]>([:])

    /// Takes what came with a delivery from `source`.
    ///
    /// - Parameter skew: Nanoseconds by which the sender's clock is ahead.
    func record(_ note: DeliveryNote, from source: BatchSource, skew: Int64?) {
        update(source) { report in
            if report.bootID != source.bootID { report.counted = nil }
            report.bootID = source.bootID
            report.skew = skew ?? report.skew
            // A delivery that was held up on its way tells what was true before another.
            if let counted = note.counted, report.counted.map(counted.contains) ?? true { report.counted = counted }
        }
    }

    /// Notes that a batch of `source` was booked by the classifier's clock.
    ///
    /// - Returns: True if it is the node's first for this reason.
    func distrust(_ source: BatchSource, for reason: Distrust) -> Bool {
        update(source) { report in
            report.distrusted[reason, default: 0] += 1
            return report.distrusted[reason] == 1
        }
    }

    /// Everything, sorted by cluster and node.
    var all: [Report] {
        reports.withLock { Array($0.values) }.sorted { ($0.cluster, $0.node) < ($1.cluster, $1.node) }
    }

    private func update<Value: Sendable>(_ source: BatchSource, _ change: (inout Report) -> Value) -> Value {
        let node = Node(cluster: source.cluster, name: source.node)
        return reports.withLock {
            change(&$0[node, default: Report(cluster: source.cluster, node: source.node, bootID: source.bootID)])
        }
    }
}
