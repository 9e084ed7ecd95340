// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import Synchronization
import TestSupport
import Testing
import Traffic

/// A cluster of two nodes on this host: network namespaces as pods, in cgroups named as kubelets and runtimes name them,
/// the objects in a fake API server, and an agent for each node's cgroups.
final class ClusterLab: Sendable {
    /// A host of the lab and what the cluster knows of it.
    struct Member: Sendable {
        /// Its name: of the namespace, and of the pod.
        var name: String
        /// The node that runs it; `nil` for a machine beside the cluster.
        var node: String?
        /// What the ledger must call its workload.
        var workload: (kind: String, name: String) = ("Pod", "")
        /// The path of its container's cgroup below the node's root.
        var cgroup = ""
        /// True for a pod in its node's network.
        var isHostNetwork = false
        /// The pod's UID; of its API object.
        var uid: String { ClusterLab.uid(name) }
    }

    /// The zones of the nodes.
    static let zones = ["node-a": "here-a", "node-b": "here-b"]

    let members: [Member]
    let traffic: TrafficLab
    let cluster: FakeCluster
    let deployment: Deployment
    private let agents = Mutex<[ChildProcess]>([])

    /// The cluster of `members`, which exchange `legs`; nothing runs yet, and the API has its nodes and no pods.
    init(_ members: [Member], _ legs: [TrafficLab.Leg]) throws {
        self.members = members
        traffic = try TrafficLab(
            legs,
            hosts: members.map(\.name),
            groups: members.map { "\($0.node ?? "beside")/\($0.cgroup.isEmpty ? $0.name : $0.cgroup)" }
        )
        cluster = try FakeCluster()
        deployment = try Deployment()
        for (node, zone) in Self.zones {
            let addresses = zip(members, traffic.sides).filter { $0.0.node == node && $0.0.isHostNetwork }
                .flatMap { ["\($0.1.host.v4)", "\($0.1.host.v6)"] }
            cluster.put(.node(node, zone: zone, region: "here", internalIPs: addresses))
        }
    }

    deinit {
        remove()
    }

    func remove() {
        deployment.remove()
        traffic.remove()
    }

    /// A UID in the form of the API's, the same for the same name.
    static func uid(_ name: String) -> String {
        let digits = name.utf8.map { String($0, radix: 16) }.joined()
        let padded = String((digits + String(repeating: "0", count: 32)).prefix(32))
        let parts = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)]
        return parts.map { String(padded.dropFirst($0.0).prefix($0.1)) }.joined(separator: "-")
    }

    /// The cgroup of a container of a burstable pod under the systemd driver and containerd.
    static func systemd(_ name: String) -> String {
        let slice = "kubepods-burstable-pod\(uid(name).replacingOccurrences(of: "-", with: "_")).slice"
        return "kubepods.slice/kubepods-burstable.slice/\(slice)/cri-containerd-\(containerID(name)).scope"
    }

    /// The cgroup of a container of a best-effort pod under the cgroupfs driver and CRI-O.
    static func cgroupfs(_ name: String) -> String {
        "kubepods/besteffort/pod\(uid(name))/crio-\(containerID(name))"
    }

    /// The cgroup of a container of a guaranteed pod in kind's nested slices.
    static func kind(_ name: String) -> String {
        let slice = "kubelet-kubepods-pod\(uid(name).replacingOccurrences(of: "-", with: "_")).slice"
        return "kubelet.slice/kubelet-kubepods.slice/\(slice)/cri-containerd-\(containerID(name)).scope"
    }

    private static func containerID(_ name: String) -> String {
        String(repeating: uid(name).replacingOccurrences(of: "-", with: ""), count: 2)
    }

    /// The addresses of a member.
    func addresses(_ name: String) -> [String] {
        zip(members, traffic.sides).first { $0.0.name == name }.map { ["\($0.1.host.v4)", "\($0.1.host.v6)"] } ?? []
    }

    /// Puts a member's pod into the API, started now.
    func putPod(_ name: String, controller: FakeObject.Controller? = nil) {
        guard let member = members.first(where: { $0.name == name }) else { return }
        cluster.put(
            pod(
                name,
                uid: member.uid,
                node: member.node,
                ips: addresses(name),
                isHostNetwork: member.isHostNetwork,
                controller: controller
            )
        )
    }

    /// A pod that its node accepted now.
    func pod(
        _ name: String,
        uid: String,
        node: String?,
        ips: [String],
        isHostNetwork: Bool = false,
        controller: FakeObject.Controller? = nil
    ) -> FakeObject {
        var pod = FakeObject.pod(
            name,
            namespace: "shop",
            uid: uid,
            node: node,
            ips: ips,
            isHostNetwork: isHostNetwork,
            controller: controller
        )
        let now = Date.now.formatted(.iso8601)
        pod.content = pod.content.map { $0.replacingOccurrences(of: "2026-11-01T10:00:01Z", with: now) }
        return pod
    }

    /// Waits until another second has begun.
    func nextSecond() async throws {
        let second = time(nil)
        try await waitUntil("the next second has begun") { time(nil) > second }
    }

    /// Writes a kubeconfig for the API at `address`.
    func writeKubeconfig(_ address: FakeCluster.Address) throws -> String {
        let path = deployment.folder.file("kubeconfig.yaml")
        try cluster.kubeconfig(address).write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Starts an agent for each node's cgroups, and waits until their hooks are in place.
    func startAgents(interval: String = "250ms") async throws {
        for node in Self.zones.keys.sorted() where members.contains(where: { $0.node == node }) {
            let url = "http://127.0.0.1:\(try LoopbackPort.free())"
            let root = (CgroupLab.mountPoint ?? "") + traffic.parentCgroup + "/" + node
            let process = try deployment.start(
                [
                    try BuiltProduct.path("netledger-agent"), "--classifier", deployment.classifierURL,
                    "--listen", Deployment.address(of: url), "--cluster", "lab", "--node", node,
                    "--cgroup-root", root, "--interval", interval, "--shutdown-timeout", "60s",
                ],
                log: "agent-\(node).log"
            )
            agents.withLock { $0.append(process) }
            try await waitUntil("the agent of \(node) answers") {
                if let status = process.exitStatus { throw LaunchError("it ended with \(status): \(process.output)") }
                // Until it listens, the connection is refused.
                return (try? await HTTPAnswer.get(url + "/healthz").status) == 200
            }
        }
    }

    /// Stops the agents as an operator does: they drain and upload what is left.
    func stopAgents() async throws {
        let running = agents.withLock { agents in
            defer { agents = [] }
            return agents
        }
        for agent in running { agent.signal(SIGTERM) }
        for agent in running { try await agent.waitForSuccess() }
    }

    /// What the ledger holds of the lab's cluster by `dimensions`, each group once.
    func usage(_ dimensions: [String], filter: [(name: String, value: String)] = []) async throws
        -> [[String]: FlowCounters]
    {
        try await deployment.usage(ofCluster: "lab", dimensions, filter: filter)
    }
}
