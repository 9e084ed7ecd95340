// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import FakeCluster
import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import TestSupport
import Testing
import Traffic

@testable import Classifier

/// What the cluster's objects say of payloads of acll19/netledger v0.1 agents.
@Suite struct LegacyInventoryTests {
    private static let second: Int64 = 1_000_000_000

    /// `first` has its address for ten seconds, then `second` gets it; `host` is in its node's network.
    private static var inventory: Inventory {
        var builder = InventoryBuilder()
        func moment(_ second: Int64) -> InventoryBuilder.Moment { .init(wall: second * Self.second, steady: 0) }
        for (name, zone, address) in [("node-1", "a", "192.168.0.1"), ("node-2", "b", "192.168.0.2")] {
            builder.put(
                ClusterNode(name: name, place: Place(region: "r", zone: zone), addresses: ips(address)),
                at: moment(0)
            )
        }
        builder.put(pod("u1", "first", node: "node-1", ips("10.0.0.1")), at: moment(0))
        builder.removePod("u1", at: moment(10))
        builder.put(pod("u2", "second", node: "node-1", ips("10.0.0.1"), started: 10), at: moment(10))
        builder.put(pod("u3", "far", node: "node-2", ips("10.0.0.3")), at: moment(0))
        builder.put(pod("u4", "host", node: "node-1", ips("192.168.0.1"), isHostNetwork: true), at: moment(0))
        builder.markComplete()
        return builder.inventory
    }

    private static func pod(
        _ uid: String,
        _ name: String,
        node: String,
        _ addresses: [IPAddress],
        started: Int64 = 0,
        isHostNetwork: Bool = false
    ) -> ClusterPod {
        ClusterPod(
            uid: uid,
            namespace: "shop",
            name: name,
            node: node,
            isHostNetwork: isHostNetwork,
            addresses: addresses,
            controller: .init(kind: "StatefulSet", name: "set-\(name)", uid: "c-\(name)"),
            started: started * second
        )
    }

    private static func ips(_ text: String) -> [IPAddress] { [IPAddress(text)].compactMap(\.self) }

    /// Owner kind, namespace, pod, UID, workload, zone, peer and scope of one entry that comes at `time`, in seconds.
    private func booked(
        _ source: String,
        _ destination: String,
        direction: Int = 0,
        pod: String = "",
        namespace: String = "",
        at time: Int64 = 20,
        inventory: Inventory? = LegacyInventoryTests.inventory
    ) throws -> [String] {
        let side = direction == 0 ? "src" : "dst"
        let json = """
            {"agentNode":"node-1","entries":[{"srcIp":"\(source)","dstIp":"\(destination)","txBytes":7,"rxBytes":9,
            "direction":\(direction),"\(side)PodName":"\(pod)","\(side)PodNamespace":"\(namespace)"}]}
            """
        let batch = try FlowBatch(
            legacy: LegacyPayload(json: Array(json.utf8)),
            source: BatchSource(cluster: "default", node: "node-1", bootID: 1),
            sequence: 1,
            now: time * Self.second,
            inventory: inventory
        )
        let booking = Booking(classifying: batch, with: Rulebook(NetworkPlan()), inventory: inventory)
        #expect(Imbalance(batch: batch, booking: booking) == nil)
        let entry = try #require(booking.entries.first)
        #expect(entry.counters == FlowCounters(egressBytes: 7, ingressBytes: 9))
        let key = entry.series
        return [
            key.ownerKind.name, key.namespace, key.pod, key.podUID, key.workload, key.zone, key.peer.workload,
            key.trafficClass.scope.rawValue,
        ]
    }

    /// The address says whose an entry without a name is, at the time when it came.
    @Test func aPodThatIsNotNamedIsFoundByItsAddress() throws {
        let far = ["set-far", "same_region"]
        #expect(
            try booked("10.0.0.1", "10.0.0.3", at: 5) == ["pod", "shop", "first", "u1", "set-first", "a"] + far
        )
        #expect(
            try booked("10.0.0.1", "10.0.0.3", at: 20) == ["pod", "shop", "second", "u2", "set-second", "a"] + far
        )
        // An incoming flow, with its addresses swapped as that agent does, and without.
        for (source, destination) in [("10.0.0.1", "10.0.0.3"), ("10.0.0.3", "10.0.0.1")] {
            #expect(
                try booked(source, destination, direction: 1)
                    == ["pod", "shop", "second", "u2", "set-second", "a"] + far
            )
        }
    }

    /// Nobody is guessed: a pod of another node is not this agent's, and a node's address is not one pod's.
    @Test func whoIsNotFoundIsUnattributed() throws {
        for address in ["10.0.0.3", "192.168.0.1", "10.9.9.9", "8.8.8.8"] {
            #expect(
                try booked(address, "9.9.9.9").prefix(5) == ["unattributed", "", "unnamed-pod", "", ""],
                "\(address)"
            )
        }
        #expect(try booked("10.0.0.1", "9.9.9.9", inventory: nil).prefix(3) == ["unattributed", "", "unnamed-pod"])
    }

    /// A named pod gets its UID and its workload where a pod of that name has the address, and else keeps its name.
    @Test func aNamedPodKeepsItsName() throws {
        #expect(
            try booked("10.0.0.1", "9.9.9.9", pod: "second", namespace: "shop").prefix(5)
                == ["pod", "shop", "second", "u2", "set-second"]
        )
        for (address, pod) in [("192.168.0.1", "host"), ("10.0.0.1", "gone"), ("10.7.7.7", "new")] {
            #expect(
                try booked(address, "9.9.9.9", pod: pod, namespace: "shop").prefix(5) == ["pod", "shop", pod, "", ""]
            )
        }
    }

    /// The whole way, through the API of a cluster: by address, and then why.
    @Test(.timeLimit(.minutes(1))) func theEndpointAsksTheCluster() async throws {
        let cluster = try FakeCluster()
        cluster.put(
            .node("node-1", zone: "a", region: "r", internalIPs: ["192.168.0.1"]),
            .node("node-2", zone: "b", region: "r", internalIPs: ["192.168.0.2"]),
            .pod(
                "web-0",
                namespace: "shop",
                uid: "u1",
                node: "node-1",
                ips: ["10.0.0.1"],
                controller: .init("StatefulSet", name: "web", uid: "s1")
            ),
            .pod("db", namespace: "data", uid: "u2", node: "node-2", ips: ["10.0.0.2"])
        )
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        try await cluster.serve { (address) async throws -> Void in
            let file = folder.file("kubeconfig")
            try cluster.kubeconfig(address).write(toFile: file, atomically: true, encoding: .utf8)
            let classifier = try TestClassifier(now: 1_795_430_000) {
                $0.kubernetes = .kubeconfig(file)
                $0.kubernetesCluster = "prod"
                $0.kubernetesWait = .seconds(50)
            }
            try await classifier.run(.live) { client in
                let json = """
                    {"agentNode":"node-1","entries":[{"srcIp":"10.0.0.1","dstIp":"10.0.0.2","txBytes":5,"rxBytes":6,
                    "direction":0,"srcPodName":"","srcPodNamespace":""}]}
                    """
                #expect(try await client.postLegacy(json).status == .ok)
                let names = ["cluster", "namespace", "pod", "workload", "zone", "peer_workload", "scope"]
                let rows = try await client.usage("start=-1h&group_by=\(names.joined(separator: ","))").rows
                #expect(
                    rows.map { row in names.map { row[$0]?.text ?? "" } } == [
                        ["prod", "shop", "web-0", "web", "a", "db", "same_region"]
                    ]
                )
                // From whom, named by an address, and to whom.
                let table = try await client.get("/api/v1/explain?remote=10.0.0.2&local=10.0.0.1&format=table").text
                for line in [
                    "10.0.0.2 from node node-1 (r, a) at",
                    "Owner:    StatefulSet web, the pod shop/web-0 (u1) on node node-1",
                    "Scope:    same_region, by the rule kubernetes:pod",
                    "Peer:     pod, the pod data/db (u2) on node node-2",
                ] {
                    #expect(table.contains(line), "\(table)")
                }
                let document = try await client.get("/api/v1/explain?remote=8.8.8.8&local=10.0.0.1").text
                #expect(
                    document.contains(
                        #""owner":{"namespace":"shop","pod":"web-0","workload_kind":"StatefulSet","workload":"web","#
                    ),
                    "\(document)"
                )
                // A node by its own address; and an address of nobody's.
                let node = try await client.get("/api/v1/explain?remote=10.0.0.2&local=192.168.0.2").text
                #expect(node.contains(#""local":{"node":"node-2","region":"r","zone":"b"}"#), "\(node)")
                #expect(node.contains(#""scope":"same_zone""#) && !node.contains(#""owner""#), "\(node)")
                #expect(try await client.get("/api/v1/explain?remote=10.0.0.2&local=10.0.0.9").status == .badRequest)
                // Before the pod was there, nobody had its address.
                let before = try await client.get("/api/v1/explain?remote=10.0.0.2&local=10.0.0.1&at=2026-10-01")
                #expect(before.status == .badRequest, "\(before.text)")
            }
        }
    }
}
