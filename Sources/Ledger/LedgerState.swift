// SPDX-License-Identifier: Apache-2.0
import Queries
import Synchronization
import Traffic

/// What the writer remembers of the ledger: exactly what the last durable commit left in the file.
struct LedgerState: Sendable {
    /// Ids count from 1 without holes.
    private(set) var seriesIDs: [SeriesKey: Int] = [:]
    /// Everything ever booked, by series id minus 1.
    private(set) var totals: [FlowCounters] = []
    private(set) var watermarks: [BatchSource: Watermark] = [:]
    /// Every node that has a watermark.
    private(set) var nodes: Set<NodeName> = []
    private(set) var lossTotals: [LossKey: FlowCounters] = [:]
    /// Ids of the series that await their pods or peers, those included whose bytes have all been moved.
    private(set) var provisional: Set<Int> = []
    /// Minutes of those whose bytes can be moved.
    private(set) var waiting: [Int: ClosedRange<Int64>] = [:]
    /// What was moved from them.
    private(set) var moved: [Int: FlowCounters] = [:]
    /// What was moved to each series from those of the same owner whose peer was not known.
    private(set) var rejudged: [Int: FlowCounters] = [:]
    /// How far the tiers were pruned when the file was opened.
    private(set) var horizon = TierHorizon.everything
    /// Tells the states of this process apart, 1..<2^24.
    private let number = Self.numbers.wrappingAdd(1, ordering: .relaxed).newValue % (1 << 24 - 1) + 1

    private static let numbers = Atomic<UInt64>(0)

    init() {}

    /// The id of `key`; `nil` if it was never booked.
    ///
    /// An id never changes, so the key keeps it: who books the same key again finds it without comparing anything.
    func id(of key: SeriesKey) -> Int? {
        let last = key.lastID.load(ordering: .relaxed)
        if last >> 40 == number { return Int(last & (1 << 40 - 1)) }
        guard let id = seriesIDs[key] else { return nil }
        key.lastID.store(number << 40 | UInt64(id), ordering: .relaxed)
        return id
    }

    /// Everything ever booked to the series with `id`, zero for one that is new.
    func total(of id: Int) -> FlowCounters {
        id <= totals.count ? totals[id - 1] : .zero
    }

    /// Takes over what `plan`, made from this state, has written.
    mutating func apply(_ plan: CommitPlan) {
        for key in plan.newSeries { add(key) }
        for row in plan.rows { totals[row.seriesID - 1] += row.counters }
        for (source, mark) in plan.watermarks { restore(mark, of: source) }
        for loss in plan.losses { lossTotals[loss.key, default: .zero] += loss.counters }
        waiting.merge(plan.waiting) { $1 }
    }

    /// Takes over what `plan`, made from this state, has moved.
    mutating func apply(_ plan: ReattributionPlan) {
        for key in plan.newSeries { add(key) }
        for move in plan.moves {
            totals[move.target - 1] += move.counters
            moved[move.source, default: .zero] += move.counters
            waiting[move.source] = nil
            if move.keepsOwner { rejudged[move.target, default: .zero] += move.counters }
        }
    }

    /// Adds a series with the next id and no bytes.
    ///
    /// - Returns: False if it was there; nothing is changed then.
    @discardableResult
    mutating func add(_ key: SeriesKey) -> Bool {
        guard seriesIDs[key] == nil else { return false }
        totals.append(.zero)
        seriesIDs[key] = totals.count
        if key.isProvisional { provisional.insert(totals.count) }
        return true
    }

    /// Sets what the file says of the series with `id`.
    mutating func restore(total: FlowCounters, seriesID id: Int) {
        totals[id - 1] = total
    }

    /// Sets in which minutes the series with `id` has bytes that can be moved.
    mutating func restore(waiting minutes: ClosedRange<Int64>, seriesID id: Int) {
        waiting[id] = minutes
    }

    /// Sets what was moved from the series with `id`.
    mutating func restore(moved counters: FlowCounters, seriesID id: Int) {
        moved[id] = counters
    }

    /// Sets what the series with `id` got from those whose peer was not known.
    mutating func restore(rejudged counters: FlowCounters, seriesID id: Int) {
        rejudged[id] = counters
    }

    /// Sets how far the file says that it was pruned.
    mutating func restore(_ horizon: TierHorizon) {
        self.horizon = horizon
    }

    /// Sets what the file says of `source`.
    mutating func restore(_ mark: Watermark, of source: BatchSource) {
        if watermarks.updateValue(mark, forKey: source) == nil { nodes.insert(NodeName(source)) }
    }

    /// Sets what the file says of the losses of `key`.
    mutating func restore(_ total: FlowCounters, of key: LossKey) {
        lossTotals[key] = total
    }
}
