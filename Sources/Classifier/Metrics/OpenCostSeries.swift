// SPDX-License-Identifier: Apache-2.0
import Exposition
import Ledger
import Queries
import Synchronization
import Traffic

/// The counters in the families that OpenCost reads, rendered labels kept from scrape to scrape.
///
/// They are the pod counters without `pod_initiated`, and apart what passes a NAT gateway: so at most eight for each pod
/// and family, of which few have more than five. Bytes of unknown scope are in none, because OpenCost would take them
/// for those of another region and give them a price.
final class OpenCostSeries: Sendable {
    private struct Key: Hashable {
        var pod: String
        var namespace: String
        var internet: Bool
        var sameZone: Bool
        var sameRegion: Bool
        var natGateway: Bool
    }

    private struct State: Sendable {
        var prefixes = SeriesPrefixes(
            names: ["pod_name", "namespace", "internet", "same_zone", "same_region", "nat_gateway"]
        )
        var indices: [Key: Int] = [:]
        /// For each series of the ledger's counters, the one here that it is part of; -1 before there is one.
        var direct: [Int] = []
        /// The same for what passes a NAT gateway.
        var nat: [Int] = []

        /// The index of the series of `labels`.
        mutating func index(_ labels: PodLabels, natGateway: Bool) -> Int {
            let key = Key(
                pod: labels.podName,
                namespace: labels.namespace,
                internet: labels.internet,
                sameZone: labels.sameZone,
                sameRegion: labels.sameRegion,
                natGateway: natGateway
            )
            let index = indices[key, default: indices.count]
            if index == indices.count {
                indices[key] = index
                prefixes.append([
                    key.pod, key.namespace, String(key.internet), String(key.sameZone), String(key.sameRegion),
                    String(key.natGateway),
                ])
            }
            return index
        }
    }

    private let state = Mutex(State())

    /// Writes both families, as far as `visibility` goes.
    func write(_ counters: PodCounters, within visibility: Visibility, to text: inout MetricsText) {
        let (prefixes, egress, ingress) = state.withLock { state in
            let missing = max(0, counters.labels.count - state.direct.count)
            state.direct += repeatElement(-1, count: missing)
            state.nat += repeatElement(-1, count: missing)
            var sums: [(index: Int, counters: FlowCounters)] = []
            for (number, labels) in counters.labels.enumerated() where visibility.includes(namespace: labels.namespace)
            {
                let nat = counters.nat[number]
                let direct = counters.values[number].without(nat).without(counters.unknown[number])
                if !direct.isZero {
                    if state.direct[number] < 0 { state.direct[number] = state.index(labels, natGateway: false) }
                    sums.append((state.direct[number], direct))
                }
                if !nat.isZero {
                    if state.nat[number] < 0 { state.nat[number] = state.index(labels, natGateway: true) }
                    sums.append((state.nat[number], nat))
                }
            }
            var egress = [UInt64?](repeating: nil, count: state.prefixes.count)
            var ingress = egress
            for (index, counters) in sums {
                egress[index] = Self.sum(egress[index], counters.egressBytes)
                ingress[index] = Self.sum(ingress[index], counters.ingressBytes)
            }
            return (state.prefixes, egress, ingress)
        }
        text.family(
            "kubecost_pod_network_egress_bytes_total",
            help: "Layer 3 bytes sent by a pod, for OpenCost.",
            kind: .counter,
            series: prefixes
        ) { egress[$0] }
        text.family(
            "kubecost_pod_network_ingress_bytes_total",
            help: "Layer 3 bytes received by a pod, for OpenCost.",
            kind: .counter,
            series: prefixes
        ) { ingress[$0] }
    }

    private static func sum(_ sum: UInt64?, _ bytes: UInt64) -> UInt64 {
        let (total, overflow) = (sum ?? 0).addingReportingOverflow(bytes)
        return overflow ? .max : total
    }
}

extension FlowCounters {
    /// What is left without `part`, which is a part of these counters; where they have reached their largest, nothing.
    fileprivate func without(_ part: FlowCounters) -> FlowCounters {
        func rest(_ whole: UInt64, _ part: UInt64) -> UInt64 { whole - min(whole, part) }
        return FlowCounters(
            egressBytes: rest(egressBytes, part.egressBytes),
            ingressBytes: rest(ingressBytes, part.ingressBytes),
            egressPackets: rest(egressPackets, part.egressPackets),
            ingressPackets: rest(ingressPackets, part.ingressPackets)
        )
    }
}
