// SPDX-License-Identifier: Apache-2.0
import Classification
import Traffic

@testable import Classifier

/// What a ledger must answer, worked out in the plainest way: a list of all flows that were posted.
struct TrafficModel {
    /// One flow with the dimensions it must be booked under.
    struct Entry {
        /// Nanoseconds since 1970-01-01T00:00:00Z.
        var start: Int64
        var dimensions: [String: String]
        var trafficClass: TrafficClass
        var counters: FlowCounters
    }

    /// A bucket and the values of the dimensions that are grouped by.
    struct Group: Hashable {
        var bucket: Int64
        var values: [String]
    }

    /// Groups whose counters differ, with what was found and what was expected: short enough to read.
    static func differences(_ found: [Group: FlowCounters], _ expected: [Group: FlowCounters]) -> [String] {
        Set(found.keys).union(expected.keys)
            .filter { found[$0] != expected[$0] }
            .prefix(3)
            .map { "\($0): \(found[$0] ?? .zero), expected \(expected[$0] ?? .zero)" }
    }

    /// The lists of the classifier that is tested.
    var destinations: Destinations
    private(set) var entries: [Entry] = []
    private(set) var losses: [(start: Int64, loss: Loss)] = []

    init(destinations: Destinations) {
        self.destinations = destinations
    }

    /// Notes a batch that was applied.
    mutating func add(_ batch: FlowBatch) {
        losses += batch.losses.map { (batch.interval.start, $0) }
        for flow in batch.flows {
            let owner = batch.owners[flow.owner]
            let (scope, rule, site) = classify(flow, region: batch.region, zone: batch.zone)
            entries.append(
                Entry(
                    start: batch.interval.start,
                    dimensions: [
                        "cluster": batch.source.cluster,
                        "node": batch.source.node,
                        "region": batch.region,
                        "zone": batch.zone,
                        "owner_kind": owner.kind.name,
                        "namespace": owner.kind == .unattributed ? "" : owner.namespace,
                        "pod": owner.pod,
                        "pod_uid": owner.kind == .unattributed ? "" : owner.podUID,
                        "initiator": flow.initiator.name,
                        "scope": scope.rawValue,
                        "network": "",
                        "rule": rule,
                        "nat": scope == .internet && flow.remote.isIPv4 && flow.initiator != .remote
                            ? "assumed" : "no",
                        "workload_kind": "",
                        "workload": "",
                        "peer_kind": "unknown",
                        "peer_namespace": "",
                        "peer_workload": "",
                        "peer_zone": site.zone,
                        "resolution": "none",
                        "peer_region": site.region,
                    ],
                    trafficClass: TrafficClass(initiator: flow.initiator, scope: scope),
                    counters: flow.counters
                )
            )
        }
    }

    /// The sums of a query; groups without bytes and packets are left out.
    ///
    /// - Parameters:
    ///   - start: First second of the range, a whole minute.
    ///   - end: First second after it, a whole minute.
    func sums(
        start: Int64,
        end: Int64,
        step: Int64?,
        groupBy: [String],
        filters: [String: Set<String>]
    ) -> [Group: FlowCounters] {
        var sums: [Group: FlowCounters] = [:]
        for entry in entries {
            let minute = entry.start / 60_000_000_000 * 60
            guard minute >= start, minute < end else { continue }
            guard filters.allSatisfy({ $0.value.contains(entry.dimensions[$0.key] ?? "") }) else { continue }
            let bucket = step.map { start + (minute - start) / $0 * $0 } ?? start
            let values = groupBy.map { entry.dimensions[$0] ?? "" }
            sums[Group(bucket: bucket, values: values), default: .zero] += entry.counters
        }
        return sums.filter { !$0.value.isZero }
    }

    /// The losses of a range by reason, over all nodes.
    func lost(start: Int64, end: Int64) -> Set<Loss> {
        var sums: [String: FlowCounters] = [:]
        for (time, loss) in losses {
            let minute = time / 60_000_000_000 * 60
            if minute >= start, minute < end { sums[loss.reason, default: .zero] += loss.counters }
        }
        return Set(sums.map { Loss(reason: $0.key, counters: $0.value) })
    }

    /// The sums by the labels of the Prometheus counters.
    func podCounters() -> [String: FlowCounters] {
        var sums: [String: FlowCounters] = [:]
        for entry in entries where !entry.counters.isZero {
            let traffic = entry.trafficClass
            let labels =
                "{namespace=\"\(entry.dimensions["namespace"] ?? "")\",pod_name=\"\(entry.dimensions["pod"] ?? "")\","
                + "pod_initiated=\"\(traffic.initiator == .pod)\",internet=\"\(traffic.scope == .internet)\","
                + "same_region=\"\([Scope.sameRegion, .sameZone, .loopback].contains(traffic.scope))\","
                + "same_zone=\"\([Scope.sameZone, .loopback].contains(traffic.scope))\"}"
            sums[labels, default: .zero] += entry.counters
        }
        return sums
    }

    /// Asks every list in turn, the longest block first.
    private func classify(
        _ flow: Flow,
        region: String,
        zone: String
    ) -> (scope: Scope, rule: String, site: (region: String, zone: String)) {
        let nowhere = (region: "", zone: "")
        if flow.viaLoopback { return (.loopback, "loopback-interface", nowhere) }
        var direct: (length: Int, scope: Scope, site: (region: String, zone: String))?
        for entry in destinations.directClassification {
            for block in entry.blocks where block.contains(flow.remote) && block.prefixLength > (direct?.length ?? -1) {
                let scope: Scope
                if region.isEmpty {
                    scope = .unknown
                } else if region != entry.region {
                    scope = .crossRegion
                } else if entry.zone == nil {
                    scope = .sameRegion
                } else if zone.isEmpty {
                    scope = .unknown
                } else {
                    scope = zone == entry.zone ? .sameZone : .sameRegion
                }
                direct = (block.prefixLength, scope, (entry.region ?? "", entry.zone ?? ""))
            }
        }
        if let direct { return (direct.scope, "direct-classification", direct.site) }
        let lists: [(String, [CIDR], Scope)] = [
            ("internet", destinations.internet, .internet),
            ("in-zone", destinations.inZone, .sameZone),
            ("in-region", destinations.inRegion, .sameRegion),
            ("cross-region", destinations.crossRegion, .crossRegion),
        ]
        for (rule, blocks, scope) in lists where blocks.contains(where: { $0.contains(flow.remote) }) {
            return (scope, rule, nowhere)
        }
        let special: [(String, String, Scope)] = [
            ("10.0.0.0/8", "special-purpose:private-use", .unknown),
            ("127.0.0.0/8", "special-purpose:loopback", .loopback),
            ("fc00::/7", "special-purpose:unique-local", .unknown),
        ]
        for (block, rule, scope) in special where CIDR(block)?.contains(flow.remote) == true {
            return (scope, rule, nowhere)
        }
        return (.internet, "default", nowhere)
    }
}
