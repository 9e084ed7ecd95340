// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Which series' bytes move to which others, worked out before anything is written.
struct ReattributionPlan {
    /// All bytes of one series.
    struct Move {
        /// Id of the series that they leave.
        var source: Int
        /// Id of the series that they go to.
        var target: Int
        /// The minutes that the rows lie in.
        var minutes: ClosedRange<Int64>
        /// All that has not been moved before.
        var counters: FlowCounters
        /// True if the owner stays: only the peer was not known.
        var keepsOwner: Bool
    }

    /// Series to insert; their ids follow those that the state knows.
    private(set) var newSeries: [SeriesKey] = []
    /// In the order of the sources.
    private(set) var moves: [Move] = []
    /// Sum of the moves.
    private(set) var sum = FlowCounters.zero

    /// The plan of moving what `target` names another series for.
    ///
    /// - Parameters:
    ///   - series: all series by id minus 1.
    ///   - limit: series that one plan moves at most, so that commits do not wait long for it.
    init(
        _ target: (SeriesKey, ClosedRange<Int64>) -> SeriesKey?,
        on state: LedgerState,
        series: [SeriesKey],
        limit: Int
    ) {
        var newIDs: [SeriesKey: Int] = [:]
        for (source, minutes) in state.waiting.sorted(by: { $0.key < $1.key }) {
            guard moves.count < limit else { return }
            guard source <= series.count, let key = target(series[source - 1], minutes), !key.isProvisional else {
                continue
            }
            let keepsOwner = series[source - 1].awaitsItsPeer
            let id: Int
            if let known = state.seriesIDs[key] ?? newIDs[key] {
                id = known
            } else {
                newSeries.append(key)
                id = state.seriesIDs.count + newSeries.count
                newIDs[key] = id
            }
            let counters = state.total(of: source).subtracting(state.moved[source, default: .zero])
            // What was bookable once is, but for the largest of sums: such a series stays where it is.
            guard let next = sum.adding(bookable: counters), state.total(of: id).isBookable else { continue }
            sum = next
            moves.append(
                Move(source: source, target: id, minutes: minutes, counters: counters, keepsOwner: keepsOwner)
            )
        }
    }
}
