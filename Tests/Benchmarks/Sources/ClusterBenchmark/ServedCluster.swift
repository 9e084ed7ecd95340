// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import Instruments
import Traffic

/// The API server of the benchmark, in a process of its own.
struct ServedCluster {
    /// The first argument of the process.
    static let command = "serve"
    /// Bytes of managed fields that make a pod as large as a usual one, about 4.5 kB.
    private static let padding = 3800
    /// Pods of a ReplicaSet.
    private static let replicas = 30

    private let kubeconfig: String
    private let plan: ClusterPlan

    init(arguments: [String]) throws(BenchmarkError) {
        guard let kubeconfig = arguments.first else { throw BenchmarkError("serve needs the path of a kubeconfig") }
        self.kubeconfig = kubeconfig
        plan = try ClusterPlan(arguments: Array(arguments.dropFirst()))
    }

    /// Serves until it is killed; pods change from when somebody watches them.
    func run() async throws {
        let cluster = try FakeCluster()
        cluster.put(
            (0..<plan.nodes).map { .node("node-\($0)", zone: "z\($0 % 3)", region: "r", internalIPs: ["192.0.2.1"]) }
        )
        cluster.put((0..<plan.pods).map { pod($0, phase: "Running") })
        cluster.put((0...plan.pods / Self.replicas).map(replicaSet))
        try await cluster.serve { [kubeconfig, plan] address in
            try cluster.kubeconfig(address).write(toFile: kubeconfig, atomically: true, encoding: .utf8)
            print("serving \(address.url)")
            fflush(nil)
            try await cluster.until { $0.openWatches >= (plan.usesClassifier ? 6 : 2) }
            var next = 0
            let clock = ContinuousClock()
            var moment = clock.now
            while true {
                // Ten times a second, so that changes come neither all at once nor each by itself.
                moment += .milliseconds(100)
                try await clock.sleep(until: moment)
                cluster.put((0..<max(1, plan.changes / 10)).map { pod((next + $0) % plan.pods, phase: "Pending") })
                next += plan.changes / 10
            }
        }
    }

    /// The UID of a pod.
    static func uid(_ number: Int) -> String {
        "aaaaaaaa-bbbb-cccc-dddd-\(String(format: "%012d", number))"
    }

    /// The address of a pod.
    static func address(_ number: Int) -> IPAddress {
        IPAddress(v4: 0x0a00_0000 | UInt32(number))
    }

    private func replicaSet(_ number: Int) -> FakeObject {
        var set = FakeObject.owner(
            .replicaSet,
            "web-\(number)-6d4cf56db6",
            namespace: "team-\(number % 40)",
            controller: FakeObject.Controller("Deployment", name: "web-\(number)", uid: "d-\(number)")
        )
        set.uid = "r-\(number)"
        return set
    }

    private func pod(_ number: Int, phase: String) -> FakeObject {
        let owner = number / Self.replicas
        return .pod(
            "web-\(owner)-6d4cf56db6-\(number)",
            namespace: "team-\(owner % 40)",
            uid: Self.uid(number),
            node: "node-\(number % plan.nodes)",
            ips: ["\(Self.address(number))"],
            hostIPs: ["192.0.2.1"],
            phase: phase,
            controller: FakeObject.Controller("ReplicaSet", name: "web-\(owner)-6d4cf56db6", uid: "r-\(owner)"),
            padding: Self.padding
        )
    }
}
