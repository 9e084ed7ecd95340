// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// Everything ever booked of the flows whose scope one rule decided.
public struct RuleTotal: Hashable, Sendable {
    /// The rule, as the dimension `rule` has it.
    public var rule: String
    /// The sum.
    public var counters: FlowCounters
    /// The part of the sum whose scope is unknown.
    public var unknown: FlowCounters
}

/// The sums of all rules.
struct RuleTotals: Sendable {
    private var totals: [RuleTotal] = []
    private var indexByRule: [String: Int] = [:]
    /// For each series of the ledger, by id minus 1, the index of its rule and whether its scope is unknown.
    private var indexBySeries: [(index: Int32, isUnknown: Bool)] = []

    /// Sorted by rule.
    var sorted: [RuleTotal] {
        totals.sorted { $0.rule < $1.rule }
    }

    /// Makes room for the series with the next id.
    mutating func append(_ series: SeriesKey) {
        let index = indexByRule[series.rule, default: totals.count]
        if index == totals.count {
            indexByRule[series.rule] = index
            totals.append(RuleTotal(rule: series.rule, counters: .zero, unknown: .zero))
        }
        indexBySeries.append((Int32(index), series.trafficClass.scope == .unknown))
    }

    /// Adds `counters` of the series with `id` to its rule's sum, which stays at its largest if it gets there.
    mutating func add(_ counters: FlowCounters, seriesID id: Int) {
        let (index, isUnknown) = indexBySeries[id - 1]
        totals[Int(index)].counters.addSaturating(counters)
        if isUnknown { totals[Int(index)].unknown.addSaturating(counters) }
    }
}
