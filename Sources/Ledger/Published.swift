// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

/// What readers may see without asking the file: the state after the latest durable commit.
struct Published: Sendable {
    private(set) var directory = SeriesDirectory()
    private(set) var podCounters = PodCounters()
    private(set) var ruleTotals = RuleTotals()
    private(set) var nodeTotals = NodeTotals()
    private(set) var totals = FlowCounters.zero
    private(set) var unattributed = WaitingTotals()
    private(set) var unjudged = WaitingTotals()
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
        for (key, _) in state.seriesIDs.sorted(by: { $0.value < $1.value }) { append(key) }
        unattributed.restore(state)
        unjudged.restore(state)
        for (index, total) in state.totals.enumerated() {
            let left = total.subtracting(state.moved[index + 1, default: .zero])
            // What came from a series of the same pod was counted there, when it was booked.
            let counted = total.subtracting(state.rejudged[index + 1, default: .zero])
            podCounters.add(counted, seriesID: index + 1)
            ruleTotals.add(left, seriesID: index + 1)
            nodeTotals.add(left, seriesID: index + 1)
            totals.addSaturating(left)
        }
    }

    /// Takes over what `plan` has written in `time`.
    mutating func apply(_ plan: CommitPlan, time: Duration) {
        for key in plan.newSeries { append(key) }
        unattributed.apply(plan)
        unjudged.apply(plan)
        for row in plan.rows {
            podCounters.add(row.counters, seriesID: row.seriesID)
            ruleTotals.add(row.counters, seriesID: row.seriesID)
            nodeTotals.add(row.counters, seriesID: row.seriesID)
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

    /// Takes over what `plan` has moved: the rules, the nodes and the sum of all stay as they are.
    mutating func apply(_ plan: ReattributionPlan) {
        for key in plan.newSeries { append(key) }
        for move in plan.moves where !move.keepsOwner { podCounters.add(move.counters, seriesID: move.target) }
        unattributed.apply(plan)
        unjudged.apply(plan)
    }

    /// Makes room for the series with the next id.
    private mutating func append(_ key: SeriesKey) {
        directory.append(key)
        podCounters.append(key)
        ruleTotals.append(key)
        nodeTotals.append(key)
        let id = directory.series.count
        if key.awaitsItsPod { unattributed.append(id) }
        if key.awaitsItsPeer { unjudged.append(id) }
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
                    running: mark.running,
                    duplicates: duplicates[source, default: 0]
                )
            }
            .sorted {
                ($0.source.cluster, $0.source.node, $0.firstSeen, $0.source.bootID)
                    < ($1.source.cluster, $1.source.node, $1.firstSeen, $1.source.bootID)
            }
    }

    /// The nodes' accounts, sorted.
    var accounts: [LedgerStatus.Account] {
        var accounts: [NodeName: LedgerStatus.Account] = [:]
        for (source, mark) in watermarks {
            let node = NodeName(source)
            accounts[node, default: LedgerStatus.Account(node, booked: nodeTotals[node])].accepted
                .addSaturating(mark.accepted)
        }
        for (key, counters) in lossTotals {
            accounts[NodeName(key)]?.lost.addSaturating(counters)
        }
        return accounts.values.sorted { ($0.cluster, $0.node) < ($1.cluster, $1.node) }
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
