// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// Bytes that were booked before their pod, or their other side, was known.
///
/// ``booked`` and ``moved`` never go down. The counters of pods hold what was moved to a pod, and not what still waits for
/// it; so all bytes ever booked are those of the pods and of what waits. What waits for its other side only is counted for
/// its pod when it is booked, under what was known then, and not again when it moves.
public struct WaitingTotals: Hashable, Sendable {
    /// Everything ever booked so.
    public private(set) var booked = FlowCounters.zero
    /// What has been moved since.
    public private(set) var moved = FlowCounters.zero

    /// Ids of all series that wait, or have waited.
    private var members: Set<Int> = []
    private var waiting: Set<Int> = []

    /// What still waits.
    public var left: FlowCounters {
        booked.subtracting(moved)
    }

    /// Series that still wait.
    public var waitingSeries: Int {
        waiting.count
    }

    init() {}

    /// Notes that the series with `id` is one of those.
    mutating func append(_ id: Int) {
        members.insert(id)
    }

    /// Takes over what `state`, just read from the file, says of the series that were noted.
    mutating func restore(_ state: LedgerState) {
        for id in members {
            booked.addSaturating(state.total(of: id))
            moved.addSaturating(state.moved[id, default: .zero])
            if state.waiting[id] != nil { waiting.insert(id) }
        }
    }

    /// Takes over what `plan` has written.
    mutating func apply(_ plan: CommitPlan) {
        guard !plan.waiting.isEmpty else { return }
        for row in plan.rows where members.contains(row.seriesID) {
            booked.addSaturating(row.counters)
            waiting.insert(row.seriesID)
        }
    }

    /// Takes over what `plan` has moved.
    mutating func apply(_ plan: ReattributionPlan) {
        for move in plan.moves where waiting.remove(move.source) != nil { moved.addSaturating(move.counters) }
    }
}
