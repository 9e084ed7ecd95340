// SPDX-License-Identifier: Apache-2.0
import Bookkeeping
import Classification
import Ledger
import TestSupport
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
        let port = ClusterService.Port(.tcp, 30_000)
        let entrance = ClusterService.Name(namespace: "shop", name: "entrance")
        builder.put(ClusterService(entrance, addresses: [], nodePorts: [port]), at: moment)
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
        #expect(keys.map(\.peer) == [.init(kind: .unknown, workload: "8.8.8.8:443/6", resolution: .none)])
        let batch = FlowBatch.test(owners: [Self.owner("u1")], flows: [.to("8.8.8.8", egress: 1)])
        let rules = Rulebook(NetworkPlan())
        let booking = Booking(classifying: batch, with: rules, inventory: inventory, keepsQuestions: false)
        #expect(booking.entries.map(\.series.peer) == [.unknown])
    }

    /// The peer of a pod that is known is asked for when the cluster answers again; the pod and its place stay.
    @Test func thePeerOfAKnownPodIsJudgedLater() throws {
        var inventory = Self.inventory
        inventory.isComplete = false
        var resolved = Flow.to("10.99.0.7", egress: 1)
        resolved.service = .backend
        var own = Flow.to("10.99.0.8", egress: 1)
        own.viaLoopback = true
        let flows: [Flow] = [
            .to("10.99.0.1", egress: 1), .to("10.99.0.2", initiator: .remote, egress: 1), .to("8.8.8.8", egress: 1),
            .to("172.20.0.9", egress: 1), .to("10.0.0.2", egress: 1), resolved, own,
        ]
        let owners = [Self.owner("u1"), .unit("a.service")]
        let all = flows + flows.map { change($0) { $0.owner = 1 } }
        let keys = series(all, owners: owners, inventory: inventory)
        let waiting = keys.filter(\.awaitsItsPeer)
        #expect(waiting.count == 8)
        #expect(
            Set(waiting.map(\.peer.workload)) == ["10.99.0.1:443/6", "10.99.0.2", "8.8.8.8:443/6", "10.99.0.7:443/6"]
        )
        #expect(waiting.allSatisfy { !$0.awaitsItsPod && $0.ownerKind != .unattributed && $0.zone == "a" })
        // What is known already, and what never leaves the node, is not asked.
        let known = keys.filter { !$0.awaitsItsPeer }
        #expect(Set(known.map(\.peer.kind)) == [.service, .pod, .unknown])
        #expect(known.filter { $0.peer.kind == .unknown }.allSatisfy { $0.trafficClass.scope == .loopback })

        let minute = TestClassifier.start - 60
        let rules = Rulebook(NetworkPlan())
        #expect(keys.allSatisfy { $0.reattributed(by: inventory, rules, minutes: minute...minute) == nil })
        let found = keys.compactMap { $0.reattributed(by: Self.inventory, rules, minutes: minute...minute) }
        let wanted = series(all.filter { !$0.viaLoopback }, owners: owners).filter { $0.peer.kind == .external }
        #expect(found.count == 8)
        #expect(Set(found) == Set(wanted))
    }

    private func change(_ flow: Flow, _ change: (inout Flow) -> Void) -> Flow {
        var flow = flow
        change(&flow)
        return flow
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

    /// A batch is booked as each of its flows would be alone: nothing that is found once and kept is another's.
    @Test func whatIsKeptIsNobodyElses() {
        var random = SeededRandom()
        let remotes = [
            "10.0.0.1", "10.0.0.2", "2600::3", "192.168.0.1", "192.168.0.2", "172.20.0.9", "10.77.0.1", "10.88.0.1",
            "8.8.8.8", "203.0.113.9",
        ]
        let plan = NetworkPlan(
            destinations: Destinations(crossRegion: [CIDR("10.77.0.0/16")].compactMap(\.self)),
            networks: [
                Network(name: "office", blocks: [CIDR("203.0.113.0/24"), CIDR("10.0.0.0/24")].compactMap(\.self))
            ]
        )
        let owners = [Self.owner("u1"), Self.owner("u2"), Self.owner("u1"), Self.owner("u9"), .unit("a.service")]
        for round in 0..<200 {
            let flows = (0..<Int.random(in: 1...60, using: &random))
                .map { _ in
                    var flow = Flow.to(
                        remotes[.random(in: remotes.indices, using: &random)],
                        owner: .random(in: owners.indices, using: &random),
                        initiator: Initiator.allCases[.random(in: 0..<3, using: &random)],
                        viaLoopback: Int.random(in: 0..<8, using: &random) == 0,
                        egress: .random(in: 1...9, using: &random)
                    )
                    flow.servicePort = [53, 443, 30_000][.random(in: 0..<3, using: &random)]
                    if Bool.random(using: &random) { flow.ipProtocol = .udp }
                    return flow
                }
            var inventory = Self.inventory
            inventory.isComplete = Bool.random(using: &random)
            func entries(_ flows: [Flow]) -> [Booking.Entry] {
                let batch = FlowBatch.test(owners: owners, flows: flows)
                return Booking(classifying: batch, with: Rulebook(plan), inventory: inventory).entries
            }
            var alone: [SeriesKey: FlowCounters] = [:]
            for entry in flows.flatMap({ entries([$0]) }) { alone[entry.series, default: .zero] += entry.counters }
            let together = entries(flows)
            #expect(Set(together.map(\.series)).count == together.count, "seed \(random.seed), \(round)")
            for entry in together {
                #expect(entry.counters == alone[entry.series], "seed \(random.seed), \(round): \(entry.series)")
            }
            #expect(together.count == alone.count, "seed \(random.seed), \(round)")
        }
    }

    /// Scope, rule and peer of every address, by configuration and inventory: 216 cases.
    ///
    /// Columns: without a configuration; with lists (`cross-region` 10.0.0.0/8, `internet` 172.20.0.0/16); with networks
    /// (10.0.0.0/24 in the own zone, 8.8.8.0/24 in another region). In each: without an inventory, with a whole one, and
    /// with one of which not everything was told.
    ///
    /// Scope: Zone, Region, cross (X), Internet, Loopback, Multicast, unknown (?). Rule: a letter of `rules`.
    /// Peer: pod, node, service, Endpoint, external, unknown.
    static let table = """
        10.0.0.1 | ?pu ZPp ZPp | Xxu Xxp Xxp | Znu ZPp ZPp
        10.0.0.2 | ?pu RPp RPp | Xxu Xxp Xxp | Znu RPp RPp
        2600::3 | Idu RPp RPp | Idu RPp RPp | Idu RPp RPp
        192.168.0.1 | ?pu ZNn ZNn | ?pu ZNn ZNn | ?pu ZNn ZNn
        192.168.0.2 | ?pu RNn RNn | ?pu RNn RNn | ?pu RNn RNn
        172.20.0.9 | ?pu ?Ss ?Ss | Iiu Iis Iis | ?pu ?Ss ?Ss
        10.77.0.1 | ?pu ?pE ?pE | Xxu XxE XxE | ?pu ?pE ?pE
        10.88.0.1 | ?pu ?pe ?pu | Xxu Xxe Xxu | ?pu ?pe ?pu
        10.0.0.9 | ?pu ?pe ?pu | Xxu Xxe Xxu | Znu Zne Znu
        10.255.0.1 | ?pu ?pe ?pu | Xxu Xxe Xxu | ?pu ?pe ?pu
        192.168.0.9 | ?pu ?pe ?pu | ?pu ?pe ?pu | ?pu ?pe ?pu
        172.20.0.10 | ?pu ?pe ?pu | Iiu Iie Iiu | ?pu ?pe ?pu
        8.8.8.8 | Idu Ide Idu | Idu Ide Idu | Xnu Xne Xnu
        8.8.9.8 | Idu Ide Idu | Idu Ide Idu | Idu Ide Idu
        2600::9 | Idu Ide Idu | Idu Ide Idu | Idu Ide Idu
        2001:4860:4860::8888 | Idu Ide Idu | Idu Ide Idu | Idu Ide Idu
        fd00::1 | ?qu ?qe ?qu | ?qu ?qe ?qu | ?qu ?qe ?qu
        100.64.0.1 | ?cu ?ce ?cu | ?cu ?ce ?cu | ?cu ?ce ?cu
        169.254.169.254 | ?ku ?ke ?ku | ?ku ?ke ?ku | ?ku ?ke ?ku
        fe80::1 | ?fu ?fe ?fu | ?fu ?fe ?fu | ?fu ?fe ?fu
        224.0.0.251 | Mmu Mme Mmu | Mmu Mme Mmu | Mmu Mme Mmu
        ff02::fb | Mmu Mme Mmu | Mmu Mme Mmu | Mmu Mme Mmu
        255.255.255.255 | Mbu Mbe Mbu | Mbu Mbe Mbu | Mbu Mbe Mbu
        127.0.0.1 | Lou Loe Lou | Lou Loe Lou | Lou Loe Lou
        """

    private static let rules: [Character: String] = [
        "P": "kubernetes:pod", "N": "kubernetes:node", "S": "kubernetes:service", "x": "cross-region", "i": "internet",
        "n": "networks", "d": "default", "p": "special-purpose:private-use", "q": "special-purpose:unique-local",
        "c": "special-purpose:shared-address-space", "k": "special-purpose:link-local",
        "f": "special-purpose:link-local-unicast", "m": "special-purpose:multicast",
        "b": "special-purpose:limited-broadcast", "o": "special-purpose:loopback",
    ]
    private static let scopes: [Character: Scope] = [
        "Z": .sameZone, "R": .sameRegion, "X": .crossRegion, "I": .internet, "L": .loopback, "M": .multicast,
        "?": .unknown,
    ]
    private static let kinds: [Character: PeerKind] = [
        "p": .pod, "n": .node, "s": .service, "E": .endpoint, "e": .external, "u": .unknown,
    ]

    @Test(arguments: table.split(separator: "\n").map(String.init))
    func addressByConfigurationByInventory(row: String) throws {
        let columns = row.split(separator: "|").map { $0.split(separator: " ").map(String.init) }
        func blocks(_ texts: String...) -> [CIDR] { texts.compactMap { CIDR($0) } }
        let plans = [
            NetworkPlan(),
            NetworkPlan(
                destinations: Destinations(internet: blocks("172.20.0.0/16"), crossRegion: blocks("10.0.0.0/8"))
            ),
            NetworkPlan(
                networks: [
                    Network(name: "pods", blocks: blocks("10.0.0.0/24"), site: Site(region: "r", zone: "a")),
                    Network(name: "far", blocks: blocks("8.8.8.0/24"), site: Site(region: "elsewhere", zone: nil)),
                ]
            ),
        ]
        var incomplete = Self.inventory
        incomplete.isComplete = false
        #expect(columns.map(\.count) == [1, 3, 3, 3])
        for (plan, cells) in zip(plans, columns.dropFirst()) {
            for (inventory, cell) in zip([nil, Self.inventory, incomplete], cells) {
                let keys = series([.to(columns[0][0], egress: 1)], rules: plan, inventory: inventory) {
                    ($0.region, $0.zone) = ("r", "a")
                }
                let key = try #require(keys.first)
                let letters = Array(cell)
                #expect(key.trafficClass.scope == Self.scopes[letters[0]], "\(row): \(cell)")
                #expect(key.rule == Self.rules[letters[1]], "\(row): \(cell)")
                #expect(key.peer.kind == Self.kinds[letters[2]], "\(row): \(cell)")
            }
        }
    }
}
