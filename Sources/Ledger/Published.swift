// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

/// What readers may see without asking the file: the state after the latest durable commit.
struct Published: Sendable {
    private(set) var directory = SeriesDirectory()
    private(set) var podCounters = PodCounters()
    private(set) var ruleTotals = RuleTotals()
    private(set) var totals = FlowCounters.zero
    private(set) var watermarks: [BatchSource: Watermark]
    private(set) var duplicates: [BatchSource: UInt64] = [:]
    private(set) var lossTotals: [LossKey: FlowCounters]
    private(set) var activity = LedgerActivity()
    private(set) var horizon: TierHorizon

    /// What `state`, just read from the file, says.
    init(_ state: LedgerState) {
        watermarks = state.watermarks
        lossTotals = state.lossTotals
        horizon = state.horizon
        for (key, _) in state.seriesIDs.sorted(by: { $0.value < $1.value }) {
            directory.append(key)
            podCounters.append(key)
            ruleTotals.append(key)
        }
        for (index, total) in state.totals.enumerated() {
            podCounters.add(total, seriesID: index + 1)
            ruleTotals.add(total, seriesID: index + 1)
            totals.addSaturating(total)
        }
    }

    /// Takes over what `plan` has written in `time`.
    mutating func apply(_ plan: CommitPlan, time: Duration) {
        for key in plan.newSeries {
            directory.append(key)
            podCounters.append(key)
            ruleTotals.append(key)
        }
        for row in plan.rows {
            podCounters.add(row.counters, seriesID: row.seriesID)
            ruleTotals.add(row.counters, seriesID: row.seriesID)
            totals.addSaturating(row.counters)
        }
        for (source, mark) in plan.watermarks { watermarks[source] = mark }
        for (source, count) in plan.duplicates {
            duplicates[source, default: 0] += count
            activity.duplicates += count
        }
        for loss in plan.losses { lossTotals[loss.key, default: .zero] += loss.counters }
        activity.commits += plan.isEmpty ? 0 : 1
        activity.commitTime += time
        activity.rows += UInt64(plan.rows.count)
        activity.records += plan.records
        activity.lastFailure = nil
        for case .success(let receipt) in plan.answers where receipt.outcome == .applied { activity.applied += 1 }
    }

    /// Takes over the series that `plan` has written; counters stay with whom they were first counted for.
    mutating func apply(_ plan: MovePlan) {
        for key in plan.newSeries {
            directory.append(key)
            podCounters.append(key)
            ruleTotals.append(key)
        }
    }

    /// Takes over how far the tiers were pruned.
    mutating func prune(to horizon: TierHorizon) {
        self.horizon = horizon
    }

    /// Notes a commit that failed after `time`.
    mutating func fail(_ error: LedgerError, time: Duration) {
        activity.failedCommits += 1
        activity.commitTime += time
        activity.lastFailure = error
    }

    /// The nodes' marks, sorted.
    var nodes: [LedgerStatus.Node] {
        watermarks
            .map { source, mark in
                LedgerStatus.Node(
                    source: source,
                    sequence: mark.sequence,
                    lastIntervalEnd: mark.intervalEnd,
                    firstSeen: mark.firstSeen,
                    lastSeen: mark.lastSeen,
                    batches: mark.batches,
                    missing: mark.missing,
                    records: mark.records,
                    duplicates: duplicates[source, default: 0]
                )
            }
            .sorted {
                ($0.source.cluster, $0.source.node, $0.firstSeen, $0.source.bootID)
                    < ($1.source.cluster, $1.source.node, $1.firstSeen, $1.source.bootID)
            }
    }

    /// The losses, sorted.
    var losses: [LedgerStatus.NodeLoss] {
        lossTotals
            .map { key, counters in
                LedgerStatus.NodeLoss(
                    cluster: key.cluster,
                    node: key.node,
                    loss: Loss(reason: key.reason, counters: counters)
                )
            }
            .sorted {
                ($0.cluster, $0.node, $0.loss.reason) < ($1.cluster, $1.node, $1.loss.reason)
            }
    }
}
