// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// Bytes that were booked before their pod was known.
///
/// ``booked`` and ``moved`` never go down. The counters of pods hold what was moved, and not what still waits; so all bytes
/// ever booked are those of the pods and of what waits.
public struct UnattributedTotals: Hashable, Sendable {
    /// Everything ever booked so.
    public private(set) var booked = FlowCounters.zero
    /// What has been moved to its pod since.
    public private(set) var moved = FlowCounters.zero
    /// Series that still wait.
    public private(set) var waitingSeries = 0

    private var waiting: Set<Int>

    /// What still waits for its pod.
    public var left: FlowCounters {
        booked.subtracting(moved)
    }

    /// What `state`, just read from the file, says.
    init(_ state: LedgerState) {
        waiting = Set(state.waiting.keys)
        waitingSeries = waiting.count
        for id in state.unattributed { booked.addSaturating(state.total(of: id)) }
        for counters in state.moved.values { moved.addSaturating(counters) }
    }

    /// Takes over what `plan` has written.
    mutating func apply(_ plan: CommitPlan) {
        guard !plan.waiting.isEmpty else { return }
        for row in plan.rows where plan.waiting[row.seriesID] != nil { booked.addSaturating(row.counters) }
        waiting.formUnion(plan.waiting.keys)
        waitingSeries = waiting.count
    }

    /// Takes over what `plan` has moved.
    mutating func apply(_ plan: ReattributionPlan) {
        moved.addSaturating(plan.sum)
        for move in plan.moves { waiting.remove(move.source) }
        waitingSeries = waiting.count
    }
}
