// SPDX-License-Identifier: Apache-2.0
import Classification
import Testing
import Traffic

@Suite struct WorkloadTests {
    private func names(
        _ controller: ClusterController.Reference?,
        _ makers: [ClusterController] = []
    ) -> PodNames? {
        var cluster = TestCluster()
        cluster.pod("u1", "web-5d4-x2", node: "n1", [], controller: controller)
        for maker in makers { cluster.builder.put(maker) }
        return cluster.builder.inventory.names(ofPod: "u1")
    }

    private func reference(_ kind: String, _ name: String) -> ClusterController.Reference {
        .init(kind: kind, name: name, uid: "uid-of-\(name)")
    }

    @Test func nobodysPodIsItsOwnWorkload() {
        #expect(names(nil)?.workload == Workload(kind: "Pod", name: "web-5d4-x2"))
    }

    @Test(arguments: ["StatefulSet", "DaemonSet", "SomethingElse"])
    func aControllerIsTheWorkload(kind: String) {
        let names = names(reference(kind, "db"))
        #expect(names?.workload == Workload(kind: kind, name: "db"))
        #expect(names?.isComplete == true)
    }

    @Test(arguments: [("ReplicaSet", "Deployment"), ("ReplicaSet", "Rollout"), ("Job", "CronJob")])
    func theControllersControllerIsTheWorkload(kind: String, above: String) {
        let maker = ClusterController(uid: "uid-of-web-5d4", controller: reference(above, "web"))
        let names = names(reference(kind, "web-5d4"), [maker])
        #expect(names?.workload == Workload(kind: above, name: "web"))
        #expect(names?.isComplete == true)
    }

    @Test func aReplicaSetOfNobodyIsTheWorkload() {
        let names = names(reference("ReplicaSet", "rs"), [ClusterController(uid: "uid-of-rs", controller: nil)])
        #expect(names?.workload == Workload(kind: "ReplicaSet", name: "rs"))
        #expect(names?.isComplete == true)
    }

    /// Word of the ReplicaSet may come after that of the pod.
    @Test func anUnknownReplicaSetIsNotTheLastWord() {
        let names = names(reference("ReplicaSet", "rs"))
        #expect(names?.workload == Workload(kind: "ReplicaSet", name: "rs"))
        #expect(names?.isComplete == false)
    }

    @Test func aStaticPodIsKnownByTheUIDOfItsCgroup() {
        var cluster = TestCluster()
        let pod = ClusterPod(
            uid: "mirror",
            staticUID: "0123456789abcdef0123456789abcdef",
            namespace: "kube-system",
            name: "etcd-n1",
            node: "n1",
            controller: reference("Node", "n1")
        )
        cluster.builder.put(pod, at: cluster.moment)
        let inventory = cluster.builder.inventory
        #expect(inventory.names(ofPod: "0123456789abcdef0123456789abcdef") == inventory.names(ofPod: "mirror"))
        #expect(inventory.names(ofPod: "mirror")?.workload == Workload(kind: "StaticPod", name: "etcd"))
        cluster.builder.removePod("mirror", at: cluster.moment)
        cluster.builder.forget(before: .max)
        #expect(cluster.builder.inventory.names(ofPod: "0123456789abcdef0123456789abcdef") == nil)
    }
}
