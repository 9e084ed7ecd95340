// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import HummingbirdTesting
import Ledger
import NIOCore
import TestSupport
import Testing
import Traffic

@testable import Classifier

/// What is wrong with a cluster's objects, or with the way to them, is a line of the status, with the bytes that it
/// costs; and nothing of it keeps a byte from being booked.
@Suite struct InventoryFindingsTests {
    private struct Status: Decodable {
        struct Finding: Decodable {
            var problem: String
            var detail: String
            var count: Int
            var examples: [String]
            var bytes: UInt64
        }

        struct Inventory: Decodable {
            struct Collection: Decodable {
                var name: String
                var objects: Int
            }

            var synced: Bool
            var collections: [Collection]
            var findings: [Finding]
        }

        var inventory: Inventory
    }

    /// An hour after the fake objects were made: 2026-11-01T11:00:00Z.
    private static let now: Int64 = 1_793_530_800

    private static let places = [
        ("n1", "a", ["192.168.0.1"]), ("n2", nil, ["192.168.0.2"]), ("n3", "c", ["192.168.0.3"]),
        ("n4", "d", ["192.168.0.4"]),
    ]

    /// A classifier that follows `cluster`, whose kubeconfig is at the path it names.
    private func classifier(_ change: (inout ClassifierSettings) -> Void = { _ in }) throws -> TestClassifier {
        let classifier = try TestClassifier(now: Self.now) { settings in
            settings.kubernetesWait = .milliseconds(10)
            let folder = settings.database.replacing("ledger.db", with: "kubeconfig.yaml")
            settings.kubernetes = .kubeconfig(folder)
            change(&settings)
        }
        return classifier
    }

    private func write(_ cluster: FakeCluster, _ address: FakeCluster.Address, for classifier: TestClassifier) throws {
        try cluster.kubeconfig(address)
            .write(toFile: classifier.directory.file("kubeconfig.yaml"), atomically: true, encoding: .utf8)
    }

    private func findings(_ client: any TestClientProtocol) async throws -> [String: Status.Finding] {
        let response = try await client.get("/api/v1/status")
        let status = try JSONDecoder().decode(Status.self, from: Data(response.body.readableBytesView))
        return Dictionary(uniqueKeysWithValues: status.inventory.findings.map { ($0.problem, $0) })
    }

    private func waitUntilSynced(_ client: any TestClientProtocol) async throws {
        try await waitUntil("all objects are known", within: .seconds(60)) {
            String(buffer: try await client.get("/metrics").body).contains("\nnetledger_inventory_synced 1\n")
        }
    }

    private func batch(_ node: String, sequence: UInt64 = 1, owner: String = "u1", ago: Int64 = 60, _ flows: Flow...)
        -> FlowBatch
    {
        FlowBatch.test(
            node: node,
            sequence: sequence,
            start: Self.now - ago,
            owners: [Owner(kind: .pod, cgroupID: 1, namespace: "", pod: owner, podUID: owner)],
            flows: flows
        )
    }

    private static func fill(_ cluster: FakeCluster) {
        for (name, zone, addresses) in places {
            cluster.put(.node(name, zone: zone, region: "r", internalIPs: addresses))
        }
        cluster.put(
            .pod("web", namespace: "shop", uid: "u1", node: "n1", ips: ["10.0.0.1"]),
            .pod("db", namespace: "shop", uid: "u2", node: "n2", ips: ["10.0.0.2"]),
            // Accepted an hour ago, and without an address since.
            .pod("silent", namespace: "shop", uid: "u3", node: "n1"),
            .pod("one", namespace: "shop", uid: "u4", node: "n1", ips: ["10.0.0.9"]),
            .pod("two", namespace: "shop", uid: "u5", node: "n3", ips: ["10.0.0.9"]),
            // An address of a node's is no pod's own, however many have it.
            .pod("host-1", namespace: "shop", uid: "u6", node: "n1", ips: ["192.168.0.1"], isHostNetwork: true),
            .pod("host-2", namespace: "shop", uid: "u7", node: "n1", ips: ["192.168.0.1"], isHostNetwork: true),
            .pod("far", namespace: "shop", uid: "u8", node: "n3", ips: ["10.0.0.8"]),
            .service("cart", namespace: "shop", clusterIPs: ["172.20.0.9"], ports: [("https", "TCP", 443, nil)]),
            .endpointSlice(
                "cart",
                namespace: "shop",
                service: "cart",
                endpoints: [("10.0.0.1", "u1", "n1", "a"), ("10.0.0.8", "u8", "n3", "c")]
            )
        )
    }

    @Test func badObjectsAreFindingsWithTheirBytes() async throws {
        let cluster = try FakeCluster()
        Self.fill(cluster)
        try await cluster.serve { address in
            let classifier = try classifier()
            try write(cluster, address, for: classifier)
            try await classifier.run { client in
                try await waitUntilSynced(client)
                #expect(try await findings(client)["pods_without_address"]?.bytes == 0, "nothing was booked yet")
                try await client.post(
                    batch(
                        "n1",
                        .to("10.0.0.2", egress: 1),
                        .to("10.0.0.9", egress: 20),
                        .to("172.20.0.9", egress: 300),
                        .to("10.7.7.7", egress: 4000),
                        .to("192.168.0.1", egress: 50_000)
                    )
                )
                try await client.post(batch("n2", owner: "u2", .to("10.0.0.1", ingress: 600_000)))
                try await client.post(
                    batch("n1", sequence: 2, owner: "nobody", ago: 50, .to("10.0.0.1", egress: 7_000_000))
                )
                // A node that the cluster has not, and an agent that calls the cluster otherwise.
                try await client.post(batch("n9", .to("10.0.0.1", egress: 80_000_000)))
                var foreign = batch("n1", .to("10.0.0.1", egress: 900_000_000))
                foreign.source.cluster = "green"
                try await client.post(foreign)

                let found = try await findings(client)
                #expect(
                    Set(found.keys) == [
                        "nodes_without_zone", "pods_without_address", "shared_addresses", "unresolved_services",
                        "unclaimed_addresses", "unknown_pods", "unknown_nodes", "clusters_without_inventory",
                        "pods_at_node_addresses",
                    ]
                )
                #expect(found["nodes_without_zone"]?.examples == ["n2"])
                // From n1 to a pod on n2, all of n2's own, and all of n9's, whose place nobody knows.
                #expect(found["nodes_without_zone"]?.bytes == 1 + 600_000 + 80_000_000)
                #expect(found["pods_without_address"]?.examples == ["shop/silent"])
                // What went to it, if anything did, is among these.
                #expect(found["pods_without_address"]?.bytes == 4000)
                #expect(found["shared_addresses"]?.examples == ["10.0.0.9: shop/one, shop/two"])
                #expect(found["shared_addresses"]?.bytes == 20)
                #expect(found["pods_at_node_addresses"]?.examples == ["shop/host-1", "shop/host-2"])
                #expect(found["pods_at_node_addresses"]?.bytes == 50_000)
                #expect(found["unresolved_services"]?.bytes == 300)
                #expect(found["unclaimed_addresses"]?.bytes == 4000)
                #expect(found["unknown_pods"]?.bytes == 7_000_000)
                #expect(found["unknown_nodes"]?.examples == ["n9"])
                #expect(found["unknown_nodes"]?.bytes == 80_000_000)
                #expect(found["clusters_without_inventory"]?.examples == ["green"])
                #expect(found["clusters_without_inventory"]?.bytes == 900_000_000)
                let total = 1 + 20 + 300 + 4000 + 50_000 + 600_000 + 7_000_000 + 80_000_000 + 900_000_000
                try await expectTotal(UInt64(total), client)
            }
        }
    }

    /// ReplicaSets and Jobs are counted each for themselves.
    @Test func collectionsAreCounted() async throws {
        let cluster = try FakeCluster()
        Self.fill(cluster)
        cluster.put(
            .owner(.replicaSet, "a", namespace: "shop", controller: .init("Deployment", name: "a", uid: "d")),
            .owner(.job, "b", namespace: "shop", controller: .init("CronJob", name: "b", uid: "c")),
            .owner(.job, "c", namespace: "shop", controller: .init("CronJob", name: "c", uid: "e"))
        )
        try await cluster.serve { address in
            let classifier = try classifier()
            try write(cluster, address, for: classifier)
            try await classifier.run { client in
                try await waitUntilSynced(client)
                let response = try await client.get("/api/v1/status")
                let status = try JSONDecoder().decode(Status.self, from: Data(response.body.readableBytesView))
                let counts = Dictionary(
                    uniqueKeysWithValues: status.inventory.collections.map { ($0.name, $0.objects) }
                )
                #expect(
                    counts == [
                        "pods": 8, "nodes": 4, "services": 1, "endpointslices": 1, "replicasets": 1, "jobs": 2,
                    ]
                )
            }
        }
    }

    /// The labels of a node that is gone still hold for what it sent, and that it is gone is told.
    @Test func aNodeThatVanishesKeepsItsPlaceForAWhile() async throws {
        let cluster = try FakeCluster()
        Self.fill(cluster)
        try await cluster.serve { address in
            let classifier = try classifier()
            try write(cluster, address, for: classifier)
            try await classifier.run { client in
                try await waitUntilSynced(client)
                try await client.post(batch("n4", owner: "u1", .to("8.8.8.8", egress: 10)))
                #expect(try await findings(client)["unknown_nodes"] == nil)
                cluster.delete(.node, "n4")
                try await waitUntil("the agent's node is missed") {
                    try await findings(client)["unknown_nodes"]?.examples == ["n4"]
                }
                try await client.post(batch("n4", sequence: 2, owner: "u1", ago: 50, .to("8.8.8.8", egress: 200)))
                #expect(try await findings(client)["unknown_nodes"]?.bytes == 200)
                #expect(try await usage(["zone"], client) == [["d"]: 210])
            }
        }
    }

    /// IPv6 alone and both families: nothing is missing, and every peer is known.
    @Test(arguments: [true, false])
    func clustersOfBothFamilies(isIPv6Only: Bool) async throws {
        let cluster = try FakeCluster()
        let v4 = { (address: String) in isIPv6Only ? [] : [address] }
        cluster.put(
            .node("n1", zone: "a", region: "r", internalIPs: v4("192.168.0.1") + ["2001:db8::1"]),
            .node("n2", zone: "b", region: "r", internalIPs: v4("192.168.0.2") + ["2001:db8::2"]),
            .pod("web", namespace: "shop", uid: "u1", node: "n1", ips: v4("10.0.0.1") + ["fd00::1"]),
            .pod("db", namespace: "shop", uid: "u2", node: "n2", ips: v4("10.0.0.2") + ["fd00::2"]),
            .service("cart", namespace: "shop", clusterIPs: v4("172.20.0.9") + ["fd96::9"]),
            .endpointSlice(
                "cart-6",
                namespace: "shop",
                service: "cart",
                addressType: "IPv6",
                endpoints: [("fd00::2", "u2", "n2", "b")]
            )
        )
        try await cluster.serve { address in
            let classifier = try classifier()
            try write(cluster, address, for: classifier)
            try await classifier.run { client in
                try await waitUntilSynced(client)
                var flows = [
                    Flow.to("fd00::2", egress: 1), .to("fd96::9", egress: 20), .to("2001:db8::2", egress: 300),
                ]
                if !isIPv6Only { flows += [.to("10.0.0.2", egress: 4000), .to("192.168.0.2", egress: 50_000)] }
                var batch = batch("n1")
                batch.flows = flows
                try await client.post(batch)
                let fromV4: [UInt64] = isIPv6Only ? [0, 0] : [4000, 50_000]
                #expect(
                    try await usage(["peer_kind", "peer_workload", "peer_zone", "scope"], client) == [
                        ["pod", "db", "b", "same_region"]: 1 + fromV4[0],
                        ["service", "cart", "b", "same_region"]: 20,
                        ["node", "", "b", "same_region"]: 300 + fromV4[1],
                    ]
                )
                #expect(try await findings(client).isEmpty)
            }
        }
    }

    /// The API does not answer at the start, nor for an hour by the classifier's clock; bytes are booked all the time, and
    /// find their pods when it answers.
    @Test func anHourWithoutTheAPI() async throws {
        let cluster = try FakeCluster()
        Self.fill(cluster)
        let classifier = try classifier()
        let port = try await cluster.serve { address in
            try write(cluster, address, for: classifier)
            return address.port
        }
        try await classifier.run { client in
            for minute in 0..<60 {
                classifier.clock.advance(seconds: 60)
                var batch = batch("n1", sequence: UInt64(minute + 1), .to("10.0.0.8", egress: 1000))
                batch.interval.start += Int64(minute) * 60_000_000_000
                batch.interval.end += Int64(minute) * 60_000_000_000
                try await client.post(batch)
            }
            let found = try await findings(client)
            #expect(found["api_unreachable"]?.count == 6)
            #expect(found["api_unreachable"]?.bytes == 60_000)
            #expect(found["unknown_pods"]?.bytes == 60_000)
            #expect(try await usage(["owner_kind", "pod"], client) == [["unattributed", "pod-unknown"]: 60_000])
            try await cluster.serve(port: port) { _ in
                try await waitUntil("the bytes have found their pod", within: .seconds(90)) {
                    try await usage(["owner_kind", "pod"], client) == [["pod", "web"]: 60_000]
                }
                try await waitUntilSynced(client)
                let found = try await findings(client)
                #expect(found["api_unreachable"] == nil)
                #expect(found["unknown_pods"] == nil)
                #expect(
                    try await usage(["zone", "peer_kind", "peer_workload", "peer_zone", "scope"], client) == [
                        ["a", "pod", "far", "c", "same_region"]: 60_000
                    ]
                )
            }
        }
    }

    /// The API goes away after it told everything: the other sides that come meanwhile are judged when it is back, once, and
    /// nothing that is counted for a pod is counted twice or less.
    @Test func peersThatComeWhileTheAPIIsAwayAreJudgedLater() async throws {
        let cluster = try FakeCluster()
        Self.fill(cluster)
        let classifier = try classifier { $0.kubernetesWait = .zero }
        let port = try await cluster.serve { address in
            try write(cluster, address, for: classifier)
            return address.port
        }
        let counters = try await classifier.run { client in
            try await cluster.serve(port: port) { _ in try await waitUntilSynced(client) }
            try await waitUntil("the API is missed") { try await findings(client)["api_unreachable"] != nil }
            try await client.post(
                batch(
                    "n1",
                    .to("10.0.0.8", egress: 1),
                    .to("10.0.0.50", egress: 20),
                    .to("10.7.7.7", egress: 300),
                    .to("8.8.8.8", egress: 4000)
                )
            )
            let dimensions = ["pod", "peer_kind", "peer_workload", "scope"]
            #expect(
                try await usage(dimensions, client) == [
                    ["web", "pod", "far", "same_region"]: 1,
                    ["web", "unknown", "10.0.0.50:443/6", "unknown"]: 20,
                    ["web", "unknown", "10.7.7.7:443/6", "unknown"]: 300,
                    ["web", "unknown", "8.8.8.8:443/6", "internet"]: 4000,
                ]
            )
            let found = try #require(try await findings(client)["unknown_peers"])
            #expect(found.count == 3)
            #expect(found.bytes == 4320)
            let before = try await metrics(client)
            let pods = before.family("netledger_pod_network_egress_bytes_total")
            #expect(pods.values.reduce(0, +) == 4321)
            #expect(before["netledger_unjudged_bytes_total{direction=\"egress\"}"] == 4320)
            #expect(before["netledger_inventory_waiting_series{for=\"peer\"}"] == 3)

            cluster.put(.pod("new", namespace: "shop", uid: "u50", node: "n3", ips: ["10.0.0.50"]))
            try await cluster.serve(port: port) { _ in
                let judged =
                    [
                        ["web", "pod", "far", "same_region"]: 1,
                        ["web", "pod", "new", "same_region"]: 20,
                        ["web", "external", "", "unknown"]: 300,
                        ["web", "external", "", "internet"]: 4000,
                    ] as [[String]: UInt64]
                try await waitUntil("the peers are judged", within: .seconds(90)) {
                    try await usage(dimensions, client) == judged
                }
                #expect(try await findings(client)["unknown_peers"] == nil)
                let after = try await metrics(client)
                #expect(after.family("netledger_pod_network_egress_bytes_total") == pods)
                #expect(after["netledger_rejudged_bytes_total{direction=\"egress\"}"] == 4320)
                // Bytes that come now are judged at once, and move no more.
                try await client.post(batch("n1", sequence: 2, ago: 50, .to("10.0.0.50", egress: 20)))
                #expect(try await metrics(client)["netledger_unjudged_bytes_total{direction=\"egress\"}"] == 4320)
            }
            return try await metrics(client).family("netledger_pod_network_egress_bytes_total")
        }
        try await classifier.run { client in
            let again = try await metrics(client)
            #expect(again.family("netledger_pod_network_egress_bytes_total") == counters)
            #expect(again["netledger_rejudged_bytes_total{direction=\"egress\"}"] == 4320)
            try await expectTotal(4341, client)
        }
        #expect(try LedgerCheck(path: classifier.settings.database).findings.isEmpty)
    }

    /// Beyond the bound nothing is asked for later, and that is told with its bytes.
    @Test func peersBeyondTheBoundAreForgottenAndCounted() async throws {
        let classifier = try classifier { settings in
            settings.kubernetesWait = .zero
            settings.kubernetesQuestions = 2
        }
        let cluster = try FakeCluster()
        try await cluster.serve { try write(cluster, $0, for: classifier) }
        try await classifier.run { client in
            try await client.post(batch("n1", .to("10.0.0.50", egress: 1), .to("10.0.0.51", egress: 20)))
            #expect(try await findings(client)["forgotten_peers"] == nil)
            try await client.post(batch("n1", sequence: 2, ago: 50, .to("10.0.0.52", egress: 300)))
            let found = try #require(try await findings(client)["forgotten_peers"])
            #expect(found.bytes == 300)
            #expect(found.count == 3)
            #expect(found.detail.hasPrefix("2 series or more"))
            let page = try await metrics(client)
            #expect(page["netledger_inventory_gap_bytes_total{gap=\"forgotten_peer\"}"] == 300)
            #expect(page["netledger_inventory_waiting_series{for=\"pod\"}"] == 3)
            #expect(page["netledger_inventory_waiting_series_limit"] == 2)
        }
    }

    private func metrics(_ client: any TestClientProtocol) async throws -> MetricsSnapshot {
        MetricsSnapshot(String(buffer: try await client.get("/metrics").body))
    }

    /// The classifier's clock jumps back by an hour: bytes of the hour that is told twice may have the wrong peer.
    @Test func aClockThatJumps() async throws {
        let cluster = try FakeCluster()
        Self.fill(cluster)
        try await cluster.serve { address in
            let classifier = try classifier()
            try write(cluster, address, for: classifier)
            try await classifier.run { client in
                try await waitUntilSynced(client)
                try await client.post(batch("n1", .to("10.0.0.8", egress: 1)))
                #expect(try await findings(client)["clock_jumped"] == nil)
                classifier.clock.advance(seconds: -600)
                try await waitUntil("the jump is noticed") { try await findings(client)["clock_jumped"]?.count == 1 }
                try await client.post(batch("n1", sequence: 2, ago: 500, .to("10.0.0.8", egress: 20)))
                try await client.post(batch("n1", sequence: 3, ago: 900, .to("10.0.0.8", egress: 300)))
                let found = try #require(try await findings(client)["clock_jumped"])
                // Time has gone on meanwhile.
                #expect(found.detail.contains("clock jumped by -60"), "\(found.detail)")
                #expect(found.bytes == 20)
                #expect(try await usage(["pod"], client) == [["web"]: 321])
            }
        }
    }

    private func expectTotal(_ bytes: UInt64, _ client: any TestClientProtocol) async throws {
        #expect(try await usage([], client).values.reduce(0, +) == bytes)
    }

    /// Bytes in both directions by `dimensions`.
    private func usage(_ dimensions: [String], _ client: any TestClientProtocol) async throws -> [[String]: UInt64] {
        let group = dimensions.isEmpty ? "" : "&group_by=" + dimensions.joined(separator: ",")
        let response = try await client.get("/api/v1/usage?start=2026-11-01&end=2026-11-02" + group)
        let body = try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any]
        let rows = try #require(body?["rows"] as? [[String: Any]], "\(String(buffer: response.body))")
        return Dictionary(
            rows.map { row in
                let bytes = ["egress_bytes", "ingress_bytes"].compactMap { (row[$0] as? NSNumber)?.uint64Value }
                return (dimensions.map { row[$0] as? String ?? "" }, bytes.reduce(0, +))
            },
            uniquingKeysWith: +
        )
    }
}
