// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import TestSupport
import Testing
import Traffic

/// Connections to services of a cluster, by kube-proxy's own kinds of rules: the ledger's rows against the packet
/// filters, per pod, peer and zone.
@Suite(.serialized, .whereMeteringWorks) struct ProxyTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    private static let dimensions = [
        "pod", "node", "zone", "initiator", "peer_kind", "peer_namespace", "peer_workload", "peer_zone", "resolution",
        "scope", "rule",
    ]

    private static let legs: [ProxyLab.Leg] = [
        .init(way: .clusterIP), .init(way: .clusterIP, isIPv6: true), .init(way: .clusterIP, ipProtocol: .udp),
        .init(way: .clusterIP, client: "tool"), .init(way: .ownNodePort), .init(way: .otherNodePort),
        .init(way: .externalIP), .init(way: .externalIP, ipProtocol: .udp), .init(way: .headless),
    ]

    @Test(arguments: [ProxyRules.Mode.nftables, .iptables, .iptablesLegacy])
    func rowsNameWhoAnsweredBehindAService(mode: ProxyRules.Mode) async throws {
        if mode != .nftables, !TestEnvironment.has("iptables-nft-restore") {
            try Test.cancel("needs iptables")
        }
        try await check(Self.legs, mode, rows: 12)
    }

    /// `make test-kernels` runs it where the host's kernel has no `ip_vs`.
    @Test(.enabled(if: hasIPVS, "needs ipvsadm and a kernel with ip_vs"))
    func rowsNameWhoAnsweredBehindIPVS() async throws {
        try await check(Self.legs, .ipvs, rows: 12)
    }

    /// The hooks see the backend, as it was chosen before the first packet: nobody need be asked.
    @Test func rowsNameWhoAnsweredBehindASocketLoadBalancer() async throws {
        try await check([.init(way: .clusterIP), .init(way: .clusterIP, ipProtocol: .udp)], .sockets, rows: 4)
    }

    private static let hasIPVS: Bool = {
        // Without the program, or the module, it fails.
        (try? Shell.run(["unshare", "--net", "ipvsadm", "-L", "-n"])) != nil
    }()

    private func check(_ legs: [ProxyLab.Leg], _ mode: ProxyRules.Mode, rows: Int) async throws {
        let lab = try ProxyLab(legs, mode)
        defer { lab.remove() }
        lab.putObjects()
        try await lab.cluster.serve { address in
            let kubeconfig = lab.deployment.folder.file("kubeconfig.yaml")
            try lab.cluster.kubeconfig(address).write(toFile: kubeconfig, atomically: true, encoding: .utf8)
            let link = try await lab.start(kubeconfig: kubeconfig)
            try await lab.run()
            try await lab.stopAgents()
            withExtendedLifetime(link) {}
            var expected: [[String]: FlowCounters] = [:]
            for exchanged in try lab.truth() {
                expected[Self.settled(Self.clientRow(exchanged, mode)), default: .zero] += Self.seen(exchanged, mode)
                expected[Self.backendRow(exchanged), default: .zero] += exchanged.counters.seenFromTheOtherSide
            }
            #expect(expected.count == rows, "both backends in all ways: \(expected.keys)")
            let names = try lab.names()
            // The node itself holds the address: the bytes stayed on it, whoever answered.
            expected[Self.web + ["service", "shop", "dns", "here-a", "local", "same_zone", "kubernetes:service"]] =
                names
            expected[Self.owner("dns-x", "remote") + Self.peer("web", "here-a", "address", "same_zone")] =
                names.seenFromTheOtherSide
            // Nobody answered, so nobody knows who: the datagram of five bytes is the service's.
            expected[Self.web + ["service", "shop", "empty", "", "service", "unknown", "kubernetes:service"]] =
                FlowCounters(egressBytes: 20 + 8 + 5, egressPackets: 1)
            let booked = try await lab.deployment.usage(ofCluster: "lab", Self.dimensions)
                .reduce(into: [[String]: FlowCounters]()) { $0[Self.settled($1.key), default: .zero] += $1.value }
            for row in Set(expected.keys).union(booked.keys) where booked[row] != expected[row] {
                Issue.record(
                    "\(row): booked \(String(describing: booked[row])), on the wire \(String(describing: expected[row]))"
                )
            }
            try await lab.deployment.stopClassifier()
        }
    }

    /// The row, where two ways of knowing its peer come to the same.
    ///
    /// What leaves the node's own network is translated before the hook sees it, and what comes back is not: of a pod in
    /// that network a connection's peer is known by its address, by connection tracking, or one packet by either.
    private static func settled(_ row: [String]) -> [String] {
        guard row[0] == "tool", let place = dimensions.firstIndex(of: "resolution") else { return row }
        var row = row
        if row[place] == "conntrack" { row[place] = "address" }
        return row
    }

    private static let web = owner("web", "pod")

    private static func owner(_ pod: String, _ initiator: String) -> [String] {
        let node = ProxyLab.pods.first { $0.name == pod }?.node ?? ""
        return [pod, node, ClusterLab.zones[node] ?? "", initiator]
    }

    private static func peer(_ pod: String, _ zone: String, _ resolution: String, _ scope: String) -> [String] {
        ["pod", "shop", pod, zone, resolution, scope, "kubernetes:pod"]
    }

    /// What the hooks of the client's node can see.
    ///
    /// What a socket in the node's own network sends through IPVS is not the socket's any more when it leaves: `ip_vs` takes
    /// it over where it is routed, and passes it on without its socket, so that no hook of a cgroup runs.
    private static func seen(_ exchanged: ProxyLab.Exchanged, _ mode: ProxyRules.Mode) -> FlowCounters {
        guard mode == .ipvs, ProxyLab.host(of: exchanged.leg.client) == "node-a" else { return exchanged.counters }
        return FlowCounters(
            ingressBytes: exchanged.counters.ingressBytes,
            ingressPackets: exchanged.counters.ingressPackets
        )
    }

    private static func clientRow(_ exchanged: ProxyLab.Exchanged, _ mode: ProxyRules.Mode) -> [String] {
        let leg = exchanged.leg
        let isNear = exchanged.backend == "cart-0"
        let zone = isNear ? "here-a" : "here-b"
        // Another node's port leads to that node, and only it knows where from there.
        let other =
            leg.way == .otherNodePort
            ? ["service", "shop", "cart", "here-b", "service", "same_region", "kubernetes:service"]
            : peer(
                exchanged.backend,
                zone,
                leg.way == .headless || mode == .sockets ? "address" : "conntrack",
                isNear ? "same_zone" : "same_region"
            )
        return owner(leg.client, "pod") + other
    }

    private static func backendRow(_ exchanged: ProxyLab.Exchanged) -> [String] {
        let leg = exchanged.leg
        let isOnNodeA = exchanged.backend == "cart-0"
        let source = ProxyLab.source(of: leg)
        let comesFromA = source != "node-b"
        let scope = comesFromA == isOnNodeA ? "same_zone" : "same_region"
        let zone = comesFromA ? "here-a" : "here-b"
        // What is masqueraded, or comes from a pod in its node's network, comes from the node.
        let other =
            source == "web"
            ? peer("web", zone, "address", scope) : ["node", "", "", zone, "address", scope, "kubernetes:node"]
        return owner(exchanged.backend, "remote") + other
    }
}

extension FlowCounters {
    /// What one side sent, the other received.
    fileprivate var seenFromTheOtherSide: FlowCounters {
        FlowCounters(
            egressBytes: ingressBytes,
            ingressBytes: egressBytes,
            egressPackets: ingressPackets,
            ingressPackets: egressPackets
        )
    }
}
