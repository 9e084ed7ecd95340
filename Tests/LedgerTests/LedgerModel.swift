// SPDX-License-Identifier: Apache-2.0
import Ledger
import Queries
import TestSupport
import Traffic

/// What a ledger should hold, kept the simplest way there is: a list of everything that was booked.
struct LedgerModel {
    struct Row {
        var second: Int64
        var series: SeriesKey
        var counters: FlowCounters
    }

    struct LossRow {
        var second: Int64
        var loss: Loss
    }

    struct Cell: Hashable {
        var bucketStart: Int64
        var group: [String]
    }

    private(set) var rows: [Row] = []
    private(set) var losses: [LossRow] = []

    mutating func book(_ booking: Booking) {
        let second = booking.interval.start / 1_000_000_000
        for entry in booking.entries {
            rows.append(Row(second: second, series: entry.series, counters: entry.counters))
        }
        for loss in booking.losses { losses.append(LossRow(second: second, loss: loss)) }
    }

    /// - Parameter missing: Spans whose bytes do not count.
    func facts(for query: UsageQuery, without missing: [UsageFacts.Span] = []) -> [Cell: FlowCounters] {
        var sums: [Cell: FlowCounters] = [:]
        for row in rows where row.second >= query.start && row.second < query.end {
            let isMissing = missing.contains { $0.start <= row.second && row.second < $0.end }
            let matches =
                !isMissing && query.filters.allSatisfy { $0.value.contains(Self.value($0.key, of: row.series)) }
                && query.exclusions.allSatisfy { !$0.value.contains(Self.value($0.key, of: row.series)) }
            guard matches else { continue }
            var bucketStart = query.start
            if let step = query.step {
                while bucketStart + step <= row.second { bucketStart += step }
            }
            for start in query.calendar?.starts ?? [] where start <= row.second { bucketStart = start }
            let cell = Cell(bucketStart: bucketStart, group: query.groupBy.map { Self.value($0, of: row.series) })
            sums[cell, default: .zero] += row.counters
        }
        return sums.filter { !$0.value.isZero }
    }

    func losses(in query: UsageQuery) -> [String: FlowCounters] {
        losses.filter { $0.second >= query.start && $0.second < query.end }
            .reduce(into: [:]) { $0[$1.loss.reason, default: .zero] += $1.loss.counters }
            .filter { !$0.value.isZero }
    }

    func podCounters() -> [PodLabels: FlowCounters] {
        rows.filter { $0.series.ownerKind != .unattributed || $0.series.podUID.isEmpty }
            .reduce(into: [:]) { $0[PodLabels($1.series), default: .zero] += $1.counters }.filter { !$0.value.isZero }
    }

    /// Written apart from the ledger's own subscript.
    static func value(_ dimension: Dimension, of series: SeriesKey) -> String {
        switch dimension {
        case .cluster: series.cluster
        case .node: series.node
        case .region: series.region
        case .zone: series.zone
        case .ownerKind: "\(series.ownerKind)"
        case .namespace: series.namespace
        case .pod: series.pod
        case .podUID: series.podUID
        case .initiator: "\(series.trafficClass.initiator)"
        case .scope: series.trafficClass.scope.rawValue
        case .network: series.network
        case .rule: series.rule
        case .nat: "\(series.nat)"
        case .workloadKind: series.workloadKind
        case .workload: series.workload
        case .peerKind: "\(series.peer.kind)"
        case .peerNamespace: series.peer.namespace
        case .peerWorkload: series.peer.workload
        case .peerZone: series.peer.zone
        case .peerRegion: series.peer.region
        case .resolution: "\(series.peer.resolution)"
        }
    }
}
