// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections
public import Traffic

/// What one cluster's objects were at all times that still matter: who had which UID and which address, and where it was.
///
/// A value: whoever classifies takes a copy, which costs nothing and never changes. All copies share their storage,
/// so that one that is changed 100 times a second beside copies of its former states costs little, too: a persistent hash
/// tree copies the path to what changes, not the table.
///
/// Made and changed by ``InventoryBuilder``. See also: ``ClusterPeer``, ``PodNames``.
public struct Inventory: Sendable {
    /// A pod that is or was.
    final class PodEntry: Sendable {
        let pod: ClusterPod
        /// False once the API has said that it is gone.
        let isPresent: Bool

        init(_ pod: ClusterPod, isPresent: Bool) {
            self.pod = pod
            self.isPresent = isPresent
        }
    }

    /// A node that is or was.
    final class NodeEntry: Sendable {
        let node: ClusterNode
        /// False once the API has said that it is gone.
        let isPresent: Bool

        init(_ node: ClusterNode, isPresent: Bool) {
            self.node = node
            self.isPresent = isPresent
        }
    }

    /// True if every object of the cluster was told, so that an address which nobody has is not the cluster's.
    public var isComplete = false

    /// By UID.
    var pods = TreeDictionary<String, PodEntry>()
    /// UIDs of pods in the API by their UIDs in the names of cgroups, where they differ.
    var staticPods = TreeDictionary<String, String>()
    /// By name.
    var nodes = TreeDictionary<String, NodeEntry>()
    /// Their own controllers, by UID.
    var controllers = TreeDictionary<String, ClusterController>()
    /// By name.
    var services = TreeDictionary<ClusterService.Name, ClusterService>()
    /// By UID.
    var slices = TreeDictionary<String, ClusterEndpoints>()
    /// UIDs of the slices of each service.
    var slicesByService = TreeDictionary<ClusterService.Name, Set<String>>()
    /// UIDs of the slices that list each address.
    var slicesByAddress = TreeDictionary<IPAddress, Set<String>>()
    /// Services that have a port on every node.
    var servicesByNodePort = TreeDictionary<ClusterService.Port, ClusterService.Name>()
    /// Who had each address, in the order of the starts.
    var claims = TreeDictionary<IPAddress, [Claim]>()
    /// Blocks in which pods have had addresses: 256 addresses of IPv4, 64 bits of IPv6.
    var podBlocks = TreeSet<IPAddress>()
    /// When what changed.
    var changes = ChangeMarks()

    init() {}

    /// How many changes there were; ``isComplete`` is not among them.
    ///
    /// It goes up along one ``InventoryBuilder``, and says nothing about copies of it that were changed apart.
    public var revision: UInt64 {
        changes.revision
    }

    /// Tells the inventories of different builders apart.
    public var lineage: UInt64 {
        changes.lineage
    }

    /// What the pod `uid` is called; `nil` if no such pod is known.
    ///
    /// - Parameter uid: its identity in the API or, for a static pod, in the name of its cgroup.
    public func names(ofPod uid: String) -> PodNames? {
        guard let entry = entry(ofPod: uid) else { return nil }
        let (workload, isComplete) = workload(of: entry.pod)
        return PodNames(
            namespace: entry.pod.namespace,
            name: entry.pod.name,
            workload: workload,
            node: entry.pod.node,
            isComplete: isComplete
        )
    }

    /// True if nobody is known to have had `address` during `interval`, and pods have addresses beside it: it may be that of
    /// a pod that is about to be told.
    public func mayBeNewPod(at address: IPAddress, during interval: Interval) -> Bool {
        guard podBlocks.contains(address.podBlock) else { return false }
        return claims[address]?.contains { $0.start < interval.end && $0.end > interval.start } != true
    }

    /// What ``names(ofPod:)`` rests on, at all times; `nil` if the pod or its controller has not been told yet.
    public func grounds(ofPod uid: String) -> Grounds? {
        guard let pod = pod(uid), workload(of: pod).isComplete else { return nil }
        var grounds = Grounds.nothing
        var isRoom = grounds.add(ChangeMarks.mark(of: .pod(uid)))
        if pod.uid != uid { isRoom = grounds.add(ChangeMarks.mark(of: .pod(pod.uid))) && isRoom }
        if let controller = pod.controller {
            isRoom = grounds.add(ChangeMarks.mark(of: .controller(controller.uid))) && isRoom
        }
        return isRoom ? grounds : nil
    }

    /// True if the cluster has a node `name` now.
    public func isPresent(node name: String) -> Bool {
        nodes[name]?.isPresent ?? false
    }

    /// Where the node `name` stands; `nil` if no such node is known.
    public func place(ofNode name: String) -> Place? {
        nodes[name]?.node.place
    }

    /// The pod `uid`, by its identity in the API or in the name of its cgroup.
    func entry(ofPod uid: String) -> PodEntry? {
        pods[uid] ?? staticPods[uid].flatMap { pods[$0] }
    }

    func pod(_ uid: String) -> ClusterPod? {
        entry(ofPod: uid)?.pod
    }

    func workload(of pod: ClusterPod) -> (workload: Workload, isComplete: Bool) {
        guard let controller = pod.controller else { return (Workload(kind: "Pod", name: pod.name), true) }
        // A mirror of a static pod is named after its manifest and its node.
        if controller.kind == "Node" {
            let suffix = "-" + pod.node
            let name = pod.name.hasSuffix(suffix) ? String(pod.name.dropLast(suffix.count)) : pod.name
            return (Workload(kind: "StaticPod", name: name), true)
        }
        let direct = Workload(kind: controller.kind, name: controller.name)
        guard controller.isIntermediate else { return (direct, true) }
        guard let maker = controllers[controller.uid] else { return (direct, false) }
        return (maker.controller.map { Workload(kind: $0.kind, name: $0.name) } ?? direct, true)
    }
}

extension IPAddress {
    /// The block of addresses around it that a node's pods, or a subnet's, share as a rule.
    var podBlock: IPAddress {
        let free: UInt128 = isIPv4 ? 8 : 64
        return IPAddress(bits: (bits >> free) << free)
    }
}
