// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

/// What the writer remembers of the ledger: exactly what the last durable commit left in the file.
struct LedgerState: Sendable {
    /// Ids count from 1 without holes.
    private(set) var seriesIDs: [SeriesKey: Int] = [:]
    /// Everything ever booked, by series id minus 1.
    private(set) var totals: [FlowCounters] = []
    private(set) var watermarks: [BatchSource: Watermark] = [:]
    private(set) var lossTotals: [LossKey: FlowCounters] = [:]
    /// How far the tiers were pruned when the file was opened.
    private(set) var horizon = TierHorizon.everything

    init() {}

    /// Everything ever booked to the series with `id`, zero for one that is new.
    func total(of id: Int) -> FlowCounters {
        id <= totals.count ? totals[id - 1] : .zero
    }

    /// Takes over what `plan`, made from this state, has written.
    mutating func apply(_ plan: CommitPlan) {
        for key in plan.newSeries { add(key) }
        for row in plan.rows { totals[row.seriesID - 1] += row.counters }
        for (source, mark) in plan.watermarks { watermarks[source] = mark }
        for loss in plan.losses { lossTotals[loss.key, default: .zero] += loss.counters }
    }

    /// Takes over the series that `plan`, made from this state, has written.
    mutating func apply(_ plan: MovePlan) {
        for key in plan.newSeries { add(key) }
    }

    /// Adds a series with the next id and no bytes.
    ///
    /// - Returns: False if it was there; nothing is changed then.
    @discardableResult
    mutating func add(_ key: SeriesKey) -> Bool {
        guard seriesIDs[key] == nil else { return false }
        totals.append(.zero)
        seriesIDs[key] = totals.count
        return true
    }

    /// Sets what the file says of the series with `id`.
    mutating func restore(total: FlowCounters, seriesID id: Int) {
        totals[id - 1] = total
    }

    /// Sets how far the file says that it was pruned.
    mutating func restore(_ horizon: TierHorizon) {
        self.horizon = horizon
    }

    /// Sets what the file says of `source`.
    mutating func restore(_ mark: Watermark, of source: BatchSource) {
        watermarks[source] = mark
    }

    /// Sets what the file says of the losses of `key`.
    mutating func restore(_ total: FlowCounters, of key: LossKey) {
        lossTotals[key] = total
    }
}
