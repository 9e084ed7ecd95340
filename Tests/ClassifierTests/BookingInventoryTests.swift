// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Testing
import Traffic

@testable import Classifier

/// What the cluster's objects say of a batch's owners and peers.
@Suite struct BookingInventoryTests {
    private static let moment = InventoryBuilder.Moment(wall: 0, steady: 0)

    /// Two nodes in two zones, a pod on each, a service of both, and a database beside the cluster.
    private static var inventory: Inventory {
        var builder = InventoryBuilder()
        builder.put(node("node-1", zone: "a", "192.168.0.1"), at: moment)
        builder.put(node("node-2", zone: "b", "192.168.0.2"), at: moment)
        let set = ClusterController.Reference(kind: "ReplicaSet", name: "web-5d4", uid: "rs")
        builder.put(
            ClusterController(uid: "rs", controller: .init(kind: "Deployment", name: "web", uid: "d"))
        )
        builder.put(pod("u1", "web-5d4-1", node: "node-1", "10.0.0.1", set), at: moment)
        builder.put(pod("u2", "web-5d4-2", node: "node-2", "10.0.0.2", set), at: moment)
        builder.put(pod("u3", "lonely", node: "node-2", "2600::3", nil), at: moment)
        let name = ClusterService.Name(namespace: "shop", name: "cart")
        builder.put(ClusterService(name, addresses: ips("172.20.0.9")), at: moment)
        builder.put(
            ClusterEndpoints(
                uid: "s",
                service: name,
                endpoints: [
                    .init(addresses: ips("10.0.0.1"), podUID: "u1", node: "node-1"),
                    .init(addresses: ips("10.0.0.2"), podUID: "u2", node: "node-2"),
                ]
            ),
            at: moment
        )
        builder.put(
            ClusterEndpoints(
                uid: "e",
                service: ClusterService.Name(namespace: "shop", name: "database"),
                endpoints: [.init(addresses: ips("10.77.0.1"), zone: "c")]
            ),
            at: moment
        )
        builder.markComplete()
        return builder.inventory
    }

    private static func ips(_ text: String) -> [IPAddress] {
        [IPAddress(text)].compactMap(\.self)
    }

    private static func node(_ name: String, zone: String, _ address: String) -> ClusterNode {
        ClusterNode(name: name, place: Place(region: "r", zone: zone), addresses: ips(address))
    }

    private static func pod(
        _ uid: String,
        _ name: String,
        node: String,
        _ address: String,
        _ controller: ClusterController.Reference?
    ) -> ClusterPod {
        ClusterPod(
            uid: uid,
            namespace: "shop",
            name: name,
            node: node,
            addresses: ips(address),
            controller: controller,
            started: 0
        )
    }

    private static func owner(_ uid: String) -> Owner {
        Owner(kind: .pod, cgroupID: 1, namespace: "", pod: uid, podUID: uid, containerID: "x")
    }

    private func series(
        _ flows: [Flow],
        owners: [Owner] = [BookingInventoryTests.owner("u1")],
        rules: NetworkPlan = NetworkPlan(),
        inventory: Inventory? = BookingInventoryTests.inventory,
        change: (inout FlowBatch) -> Void = { _ in }
    ) -> [SeriesKey] {
        var batch = FlowBatch.test(owners: owners, flows: flows)
        change(&batch)
        let booking = Booking(classifying: batch, with: Rulebook(rules), inventory: inventory)
        #expect(Imbalance(batch: batch, booking: booking) == nil)
        return booking.entries.map(\.series)
    }

    @Test func anOwnerHasItsNamesItsWorkloadAndItsPlace() throws {
        let key = try #require(series([.to("8.8.8.8", egress: 1)]).first)
        #expect(key.ownerKind == .pod)
        #expect(key.namespace == "shop")
        #expect(key.pod == "web-5d4-1")
        #expect(key.podUID == "u1")
        #expect(key.workloadKind == "Deployment")
        #expect(key.workload == "web")
        #expect(key.region == "r")
        #expect(key.zone == "a")
        #expect(key.peer == .init(kind: .external, resolution: .address))
        #expect(key.trafficClass.scope == .internet)
    }

    @Test func aPeerIsThePodThatHasTheAddress() throws {
        let keys = series([.to("10.0.0.2", egress: 1), .to("2600::3", egress: 1)])
        #expect(keys.map(\.peer.kind) == [.pod, .pod])
        #expect(keys.map(\.peer.workload) == ["web", "lonely"])
        #expect(keys.map(\.peer.zone) == ["b", "b"])
        #expect(keys.map(\.trafficClass.scope) == [.sameRegion, .sameRegion])
        #expect(keys.map(\.rule) == ["kubernetes:pod", "kubernetes:pod"])
        // However public its address looks, it is not behind a gateway.
        #expect(keys.map(\.nat) == [.no, .no])
    }

    @Test func nodesServicesAndOthers() throws {
        let keys = series([
            .to("192.168.0.2", egress: 1), .to("172.20.0.9", egress: 1), .to("10.77.0.1", egress: 1),
            .to("10.88.0.1", egress: 1),
        ])
        #expect(keys.map(\.peer.kind) == [.node, .service, .endpoint, .external])
        #expect(keys.map(\.peer.workload) == ["", "cart", "database", ""])
        #expect(keys.map(\.peer.resolution) == [.address, .service, .address, .address])
        #expect(keys.map(\.trafficClass.scope) == [.sameRegion, .unknown, .unknown, .unknown])
        #expect(
            keys.map(\.rule) == [
                "kubernetes:node", "kubernetes:service", "special-purpose:private-use", "special-purpose:private-use",
            ]
        )
    }

    /// Lists of the operator's decide before the cluster does; its networks decide after it.
    @Test func theOperatorsListsComeFirst() throws {
        let block = [CIDR("10.0.0.0/24")].compactMap(\.self)
        let listed = try #require(
            series([.to("10.0.0.2", egress: 1)], rules: NetworkPlan(destinations: Destinations(crossRegion: block)))
                .first
        )
        #expect(listed.trafficClass.scope == .crossRegion)
        #expect(listed.rule == "cross-region")
        #expect(listed.peer.workload == "web")
        let network = Network(name: "pods", blocks: block, site: Site(region: "r", zone: "a"))
        let named = try #require(series([.to("10.0.0.2", egress: 1)], rules: NetworkPlan(networks: [network])).first)
        #expect(named.trafficClass.scope == .sameRegion)
        #expect(named.rule == "kubernetes:pod")
        #expect(named.network == "pods")
    }

    @Test func aPodThatIsNotToldOfIsUnattributedAndKeepsItsUID() throws {
        let key = try #require(series([.to("10.0.0.2", egress: 1)], owners: [Self.owner("u9")]).first)
        #expect(key.ownerKind == .unattributed)
        #expect(key.awaitsItsPod)
        #expect(key.namespace.isEmpty)
        #expect(key.pod == "pod-unknown")
        #expect(key.podUID == "u9")
        // What is known of the peer and the node is known all the same.
        #expect(key.peer.workload == "web")
        #expect(key.zone == "a")
        #expect(key.reattributed(by: Self.inventory, Rulebook(NetworkPlan()), minutes: 0...0) == nil)
        var builder = InventoryBuilder()
        builder.put(Self.pod("u9", "late", node: "node-1", "10.0.0.9", nil), at: Self.moment)
        let found = try #require(key.reattributed(by: builder.inventory, Rulebook(NetworkPlan()), minutes: 0...0))
        #expect(found.ownerKind == .pod)
        #expect(found.pod == "late")
        #expect(found.workload == "late")
        #expect(found.peer == key.peer)
        #expect(found.trafficClass == key.trafficClass)
        #expect(!found.awaitsItsPod)
    }

    /// While the cluster does not answer, what is to be asked about a peer is kept with bytes that wait for their pod; when
    /// it answers, all of it is judged.
    @Test func whatWaitsIsJudgedWhenItsPodIsKnown() throws {
        let flows: [Flow] = [
            .to("10.0.0.2", egress: 1), .to("2600::3", egress: 1), .to("172.20.0.9", egress: 1),
            .to("8.8.8.8", egress: 1), .to("10.0.0.2", initiator: .remote, egress: 1),
        ]
        var resolved = Flow.to("10.0.0.2", egress: 1)
        resolved.service = .backend
        let waiting = series(flows + [resolved], inventory: InventoryBuilder().inventory)
        #expect(waiting.map(\.awaitsItsPod) == [true, true, true, true, true, true])
        #expect(
            waiting.map(\.peer.workload) == [
                "10.0.0.2:443/6", "[2600::3]:443/6", "172.20.0.9:443/6", "8.8.8.8:443/6", "10.0.0.2", "10.0.0.2:443/6",
            ]
        )
        #expect(waiting.map(\.trafficClass.scope) == [.unknown, .internet, .unknown, .internet, .unknown, .unknown])
        #expect(waiting[3].nat == .assumed)
        #expect(waiting[0] != waiting[5])

        var incomplete = Self.inventory
        incomplete.isComplete = false
        let minute = TestClassifier.start - 60
        let rules = Rulebook(NetworkPlan())
        #expect(waiting.allSatisfy { $0.reattributed(by: incomplete, rules, minutes: minute...minute) == nil })
        let found = waiting.compactMap { $0.reattributed(by: Self.inventory, rules, minutes: minute...minute) }
        #expect(found == series(flows + [resolved]))
        #expect(found.map(\.peer.resolution) == [.address, .address, .service, .address, .address, .conntrack])
    }

    /// Without room for questions the owner is all that can be found later.
    @Test func withoutRoomForQuestionsThePeerStaysUnknown() throws {
        let batch = FlowBatch.test(owners: [Self.owner("u1")], flows: [.to("10.0.0.2", egress: 1)])
        let nothing = InventoryBuilder().inventory
        let booking = Booking(
            classifying: batch,
            with: Rulebook(NetworkPlan()),
            inventory: nothing,
            keepsQuestions: false
        )
        let key = try #require(booking.entries.first?.series)
        #expect(key.awaitsItsPod && key.peer == .unknown)
        let found = try #require(key.reattributed(by: Self.inventory, Rulebook(NetworkPlan()), minutes: 0...0))
        #expect(found.pod == "web-5d4-1" && found.zone == "a" && found.peer == .unknown)
        #expect(found.trafficClass.scope == .unknown)
    }

    /// What the agent knows of a service's address is told, whatever the cluster knows of it.
    @Test func resolutionsAreTold() {
        let told = ServiceResolution.allCases.map { resolution in
            var flow = Flow.to("172.20.0.9", egress: 1)
            flow.service = resolution
            return flow
        }
        let service = series(told)
        #expect(service.map(\.peer.kind) == [.service, .service, .service])
        #expect(service.map(\.peer.resolution) == [.service, .conntrack, .local])
        #expect(service.map(\.trafficClass.scope) == [.unknown, .unknown, .sameZone])
        let unknown = told.map { flow in
            var flow = flow
            flow.remote = IPAddress("172.20.0.77") ?? flow.remote
            return flow
        }
        // Nobody's in the cluster; the node's own, if it holds it; a service's, if the agent looked for who answers.
        let keys = series(unknown)
        #expect(keys.map(\.peer.kind) == [.external, .external, .node, .service])
        #expect(keys.map(\.peer.resolution) == [.address, .conntrack, .local, .service])
        #expect(keys.map(\.trafficClass.scope) == [.unknown, .unknown, .sameZone, .unknown])
        // Without an inventory as well.
        #expect(series(unknown, inventory: nil).map(\.peer.resolution) == [.none, .conntrack, .local, .service])
    }

    /// The node's own labels count before what its agent was told; where there are none, that counts.
    @Test func thePlaceOfTheNode() throws {
        let told = { (batch: inout FlowBatch) in (batch.region, batch.zone) = ("told", "x") }
        #expect(series([.to("8.8.8.8", egress: 1)], change: told).map(\.zone) == ["a"])
        let elsewhere = { (batch: inout FlowBatch) in
            told(&batch)
            batch.source.node = "node-9"
        }
        let key = try #require(series([.to("10.0.0.2", egress: 1)], change: elsewhere).first)
        #expect(key.zone == "x")
        #expect(key.trafficClass.scope == .crossRegion)
        let nowhere = series([.to("10.0.0.2", egress: 1)]) { $0.source.node = "node-9" }
        #expect(nowhere.map(\.zone) == [""])
        #expect(nowhere.map(\.trafficClass.scope) == [.unknown])
    }

    /// Before everything was told, an address of nobody's may still be somebody's.
    @Test func anIncompleteInventoryDoesNotKnowWhatIsOutside() {
        var inventory = Self.inventory
        inventory.isComplete = false
        let keys = series([.to("8.8.8.8", egress: 1)], inventory: inventory)
        #expect(keys.map(\.peer) == [.unknown])
    }

    /// Containers of one pod, and flows to pods of one workload in one zone, are one series.
    @Test func whatDiffersInTheAddressOnlyIsOneSeries() {
        var second = Self.owner("u1")
        second.cgroupID = 2
        let keys = series(
            [
                .to("10.0.0.2", owner: 0, egress: 1), .to("10.0.0.2", owner: 1, egress: 2), .to("8.8.8.8", egress: 4),
                .to("9.9.9.9", owner: 1, egress: 8),
            ],
            owners: [Self.owner("u1"), second]
        )
        #expect(keys.count == 2)
    }

    @Test func loopbackStaysLoopback() {
        var flow = Flow.to("10.0.0.1", egress: 1)
        flow.viaLoopback = true
        let keys = series([flow])
        #expect(keys.map(\.trafficClass.scope) == [.loopback])
        #expect(keys.map(\.peer.workload) == ["web"])
    }
}
