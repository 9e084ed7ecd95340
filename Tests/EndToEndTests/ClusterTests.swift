// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import TestSupport
import Testing
import Traffic

/// Real traffic of pods: the ledger's rows against the packet filters, per pod, peer and zone.
@Suite(.serialized, .whereMeteringWorks) struct ClusterTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    private static let dimensions = [
        "namespace", "pod", "workload_kind", "workload", "node", "zone", "initiator", "peer_kind", "peer_namespace",
        "peer_workload", "peer_zone", "resolution", "scope", "rule",
    ]

    private static func exchange(_ number: Int, _ form: TrafficExchange.Form = .v4) -> TrafficExchange {
        TrafficExchange(
            number % 2 == 0 ? .tcp(connections: 3, chunk: 10_000) : .udp(sockets: 2, requests: 3, connected: true),
            form,
            port: UInt16(7000 + number),
            requestBytes: 1000 + number,
            // A datagram in fragments has no port in most of them, for the packet filter to count by.
            replyBytes: number % 2 == 0 ? 20_000 + 10 * number : 900 + number
        )
    }

    @Test func everyByteHasItsPodItsPeerAndItsZone() async throws {
        // Every member asks every other one; the last is beside the cluster and no agent's.
        let members = [
            ClusterLab.Member(
                name: "web-5d4-1",
                node: "node-a",
                workload: ("Deployment", "web"),
                cgroup: ClusterLab.systemd("web-5d4-1")
            ),
            ClusterLab.Member(
                name: "db-0",
                node: "node-b",
                workload: ("StatefulSet", "db"),
                cgroup: ClusterLab.cgroupfs("db-0")
            ),
            ClusterLab.Member(
                name: "night-1",
                node: "node-a",
                workload: ("CronJob", "nightly"),
                cgroup: ClusterLab.kind("night-1")
            ),
            ClusterLab.Member(
                name: "proxy-x",
                node: "node-b",
                workload: ("DaemonSet", "proxy"),
                cgroup: ClusterLab.systemd("proxy-x"),
                isHostNetwork: true
            ),
            ClusterLab.Member(name: "mainframe"),
        ]
        var legs: [TrafficLab.Leg] = []
        for client in members.indices {
            for server in members.indices where server != client {
                legs.append(
                    .init(Self.exchange(legs.count, legs.count % 3 == 0 ? .v6 : .v4), client: client, server: server)
                )
            }
        }
        let lab = try ClusterLab(members, legs)
        defer { lab.remove() }
        // What each port of the pod in the node's network is known as.
        let proxied = legs.filter { $0.server == 3 }.prefix(2)
        try Self.putObjects(lab, proxied: proxied.map(\.exchange))

        try await lab.cluster.serve { address in
            try await lab.deployment.startClassifier(kubernetes: try lab.writeKubeconfig(address), cluster: "lab")
            try await lab.startAgents()
            try await lab.traffic.run()
            try await lab.stopAgents()
            var expected: [[String]: FlowCounters] = [:]
            for (leg, counters) in try lab.traffic.truth() {
                let knowsPort = proxied.contains(leg)
                if members[leg.client].node != nil {
                    let row = Self.row(lab, leg, isClient: true, knowsPort: knowsPort)
                    expected[row, default: .zero] += counters.client
                }
                if members[leg.server].node != nil {
                    let row = Self.row(lab, leg, isClient: false, knowsPort: false)
                    expected[row, default: .zero] += counters.server
                }
            }
            let booked = try await lab.usage(Self.dimensions)
            for row in Set(expected.keys).union(booked.keys) where booked[row] != expected[row] {
                Issue.record(
                    "\(row): booked \(String(describing: booked[row])), on the wire \(String(describing: expected[row]))"
                )
            }
            #expect(expected.count > 20)
            let metrics = try await lab.deployment.metrics()
            #expect(metrics.contains("\nnetledger_inventory_synced 1\n"))
            #expect(metrics.contains("\nnetledger_unattributed_bytes_total{direction=\"egress\"} 0\n"))
            try await lab.deployment.stopClassifier()
        }
    }

    private static func putObjects(_ lab: ClusterLab, proxied: [TrafficExchange]) throws {
        lab.cluster.put(
            .owner(.replicaSet, "web-5d4", namespace: "shop", controller: .init("Deployment", name: "web", uid: "d")),
            .owner(
                .job,
                "night",
                namespace: "shop",
                controller: .init("CronJob", apiVersion: "batch/v1", name: "nightly", uid: "c")
            )
        )
        lab.putPod("web-5d4-1", controller: .init("ReplicaSet", name: "web-5d4", uid: "replicasets-shop-web-5d4"))
        lab.putPod("db-0", controller: .init("StatefulSet", name: "db", uid: "s"))
        lab.putPod("night-1", controller: .init("Job", apiVersion: "batch/v1", name: "night", uid: "jobs-shop-night"))
        lab.putPod("proxy-x", controller: .init("DaemonSet", name: "proxy", uid: "p"))
        for (number, type) in ["IPv4", "IPv6"].enumerated() {
            lab.cluster.put(
                .endpointSlice(
                    "proxy-\(type.lowercased())",
                    namespace: "shop",
                    service: "proxy",
                    addressType: type,
                    endpoints: [(lab.addresses("proxy-x")[number], ClusterLab.uid("proxy-x"), "node-b", "here-b")],
                    ports: proxied.enumerated()
                        .map { ("p\($0.offset)", $0.element.ipProtocol == .tcp ? "TCP" : "UDP", Int($0.element.port)) }
                )
            )
        }
    }

    /// What the ledger must say of one side of a leg.
    private static func row(
        _ lab: ClusterLab,
        _ leg: TrafficLab.Leg,
        isClient: Bool,
        knowsPort: Bool
    ) -> [String] {
        let member = lab.members[isClient ? leg.client : leg.server]
        let other = lab.members[isClient ? leg.server : leg.client]
        let zone = ClusterLab.zones[member.node ?? ""] ?? ""
        let owner = [
            "shop", member.name, member.workload.kind, member.workload.name, member.node ?? "", zone,
            isClient ? "pod" : "remote",
        ]
        guard let node = other.node else {
            let rule = leg.exchange.form == .v6 ? "special-purpose:unique-local" : "special-purpose:private-use"
            return owner + ["external", "", "", "", "address", "unknown", rule]
        }
        let scope = node == member.node ? "same_zone" : "same_region"
        let otherZone = ClusterLab.zones[node] ?? ""
        // The node's address is the node's, but for the ports that endpoints name.
        if other.isHostNetwork, !knowsPort {
            return owner + ["node", "", "", otherZone, "address", scope, "kubernetes:node"]
        }
        return owner + ["pod", "shop", other.workload.name, otherZone, "address", scope, "kubernetes:pod"]
    }

    /// The Job comes and goes between two drains of the agent, with its cgroup and its object.
    @Test func aJobThatLivesShorterThanTheIntervalKeepsItsBytes() async throws {
        let members = [
            ClusterLab.Member(name: "job-1", node: "node-a", cgroup: ClusterLab.systemd("job-1")),
            ClusterLab.Member(name: "db-0", node: "node-b", cgroup: ClusterLab.cgroupfs("db-0")),
        ]
        let legs = [TrafficLab.Leg(Self.exchange(0)), TrafficLab.Leg(Self.exchange(1, .v6))]
        let lab = try ClusterLab(members, legs)
        defer { lab.remove() }
        // The agent must not have seen the cgroup before the Job: it is made again when the agent runs.
        try CgroupLab.remove(lab.traffic.sides[0].group)
        lab.cluster.put(
            .owner(.job, "job", namespace: "shop", controller: .init("CronJob", name: "nightly", uid: "c"))
        )
        lab.putPod("db-0")

        try await lab.cluster.serve { address in
            try await lab.deployment.startClassifier(kubernetes: try lab.writeKubeconfig(address), cluster: "lab")
            try await lab.startAgents(interval: "60s")
            lab.putPod("job-1", controller: .init("Job", name: "job", uid: "jobs-shop-job"))
            try lab.traffic.sides[0].group.make()
            try await lab.traffic.run()
            try CgroupLab.remove(lab.traffic.sides[0].group)
            lab.cluster.delete(.pod, namespace: "shop", "job-1")
            lab.cluster.delete(.job, namespace: "shop", "job")
            try await lab.stopAgents()

            let truth = try lab.traffic.truth().values
            let booked = try await lab.usage(["pod", "workload_kind", "workload", "peer_workload", "scope"])
            #expect(
                booked == [
                    ["job-1", "CronJob", "nightly", "db-0", "same_region"]: truth.map(\.client).reduce(into: .zero, +=),
                    ["db-0", "Pod", "db-0", "nightly", "same_region"]: truth.map(\.server).reduce(into: .zero, +=),
                ]
            )
            try await lab.deployment.stopClassifier()
        }
    }

    /// The API does not answer when the classifier starts, nor while bytes come; ingest goes on, and they find their pods.
    @Test func bytesFindTheirPodsWhenTheAPIAnswers() async throws {
        let members = [
            ClusterLab.Member(name: "web-1", node: "node-a", cgroup: ClusterLab.systemd("web-1")),
            ClusterLab.Member(name: "db-0", node: "node-b", cgroup: ClusterLab.kind("db-0")),
        ]
        let lab = try ClusterLab(members, [TrafficLab.Leg(Self.exchange(0)), TrafficLab.Leg(Self.exchange(1, .v6))])
        defer { lab.remove() }
        // Served once for the address alone.
        let (port, kubeconfig) = try await lab.cluster.serve { ($0.port, try lab.writeKubeconfig($0)) }
        try await lab.deployment.startClassifier(
            kubernetes: kubeconfig,
            cluster: "lab",
            ["--kubernetes-wait", "100ms"]
        )
        try await lab.startAgents()
        try await lab.traffic.run()
        try await lab.stopAgents()
        let truth = try lab.traffic.truth().values
        let sums = (
            truth.map(\.client).reduce(into: FlowCounters.zero, +=), truth.map(\.server).reduce(into: .zero, +=)
        )
        let before = try await lab.usage(["owner_kind", "namespace", "pod", "pod_uid", "peer_kind", "scope"])
        #expect(
            before == [
                ["unattributed", "", "pod-unknown", members[0].uid, "unknown", "unknown"]: sums.0,
                ["unattributed", "", "pod-unknown", members[1].uid, "unknown", "unknown"]: sums.1,
            ]
        )
        let exported = try await Self.exported(lab)
        #expect(exported.pods == .zero)
        #expect(exported.waiting == sums.0.egressBytes + sums.1.egressBytes)
        try await waitUntil("the log says that the API does not answer") {
            let log = lab.deployment.text(of: "classifier.log")
            return log.contains("the cluster's API does not tell of changes") && log.contains("Connection refused")
        }
        let status = try await HTTPAnswer.get(lab.deployment.classifierURL + "/api/v1/status").text
        #expect(status.contains("\"problem\":\"api_unreachable\""), "\(status)")
        #expect(status.contains("\"problem\":\"unknown_pods\""), "\(status)")

        lab.putPod("web-1")
        lab.putPod("db-0")
        try await lab.cluster.serve(port: port) { _ in
            try await waitUntil("all bytes have found their pods", within: .seconds(90)) {
                try await Self.exported(lab).waiting == 0
            }
            try await waitUntil("the log says that it answers again") {
                lab.deployment.text(of: "classifier.log").contains("the cluster's API tells of changes again")
            }
        }
        // Who the peer is and how far away is judged then, too.
        let after = try await lab.usage([
            "owner_kind", "namespace", "pod", "pod_uid", "zone", "peer_kind", "peer_workload", "peer_zone",
            "resolution",
            "scope", "rule",
        ])
        let owner = { (number: Int, zone: String) in ["pod", "shop", members[number].name, members[number].uid, zone] }
        let peer = { (name: String, zone: String) in ["pod", name, zone, "address", "same_region", "kubernetes:pod"] }
        #expect(
            after == [
                owner(0, "here-a") + peer("db-0", "here-b"): sums.0,
                owner(1, "here-b") + peer("web-1", "here-a"): sums.1,
            ]
        )
        let moved = try await Self.exported(lab)
        #expect(moved.pods == exported.waiting)
        #expect(moved.booked == exported.booked)
        try await lab.deployment.stopClassifier()
    }

    /// Egress of all pods, of what waits for its pod, and of what ever waited, by `/metrics`.
    private static func exported(_ lab: ClusterLab) async throws -> (pods: UInt64, waiting: UInt64, booked: UInt64) {
        let samples = MetricSample.all(in: try await lab.deployment.metrics())
        func sum(_ name: String) -> UInt64 {
            samples.filter { $0.name == name && $0.labels["direction"] ?? "egress" == "egress" }
                .compactMap { UInt64($0.value) }.reduce(0, +)
        }
        let booked = sum("netledger_unattributed_bytes_total")
        return (
            sum("netledger_pod_network_egress_bytes_total"), booked - sum("netledger_reattributed_bytes_total"), booked
        )
    }

    /// One address, two pods one after the other: each has its own bytes, as owner and as peer.
    @Test func aReusedAddressIsWhoseItWasThen() async throws {
        let members = [
            ClusterLab.Member(name: "first", node: "node-a", cgroup: ClusterLab.systemd("first")),
            ClusterLab.Member(name: "db-0", node: "node-b", cgroup: ClusterLab.cgroupfs("db-0")),
        ]
        let exchange = Self.exchange(0)
        let lab = try ClusterLab(members, [TrafficLab.Leg(exchange)])
        defer { lab.remove() }
        lab.putPod("first")
        lab.putPod("db-0")
        try await lab.cluster.serve { address in
            try await lab.deployment.startClassifier(kubernetes: try lab.writeKubeconfig(address), cluster: "lab")
            try await lab.startAgents()
            try await lab.traffic.run()
            let first = try #require(try lab.traffic.truth().values.first)
            // The first is gone, and its address is the second's, in a second of its own: the API tells no fractions.
            try await lab.nextSecond()
            lab.cluster.delete(.pod, namespace: "shop", "first")
            try await lab.nextSecond()
            lab.cluster.put(
                lab.pod("second", uid: ClusterLab.uid("second"), node: "node-a", ips: lab.addresses("first"))
            )
            let host = lab.traffic.sides[0].host
            let group = try lab.traffic.group("node-a/" + ClusterLab.systemd("second"))
            try await lab.traffic.run(sides: [.init(host: host, group: group), lab.traffic.sides[1]])
            try await lab.stopAgents()
            let both = try #require(try lab.traffic.truth().values.first)
            let booked = try await lab.usage(["pod", "peer_workload"])
            #expect(
                booked == [
                    ["first", "db-0"]: first.client, ["db-0", "first"]: first.server,
                    ["second", "db-0"]: both.client.since(first.client),
                    ["db-0", "second"]: both.server.since(first.server),
                ]
            )
            try await lab.deployment.stopClassifier()
        }
    }
}

extension FlowCounters {
    /// What came after `earlier`.
    fileprivate func since(_ earlier: FlowCounters) -> FlowCounters {
        FlowCounters(
            egressBytes: egressBytes - earlier.egressBytes,
            ingressBytes: ingressBytes - earlier.ingressBytes,
            egressPackets: egressPackets - earlier.egressPackets,
            ingressPackets: ingressPackets - earlier.ingressPackets
        )
    }
}
