// SPDX-License-Identifier: Apache-2.0
import Classification
import Testing
import Traffic

/// What is said of a service of which nobody knows the endpoint.
@Suite struct ServicePeerTests {
    private static func cluster(_ zones: [String?], ready: [Bool]? = nil) -> TestCluster {
        var cluster = TestCluster()
        cluster.node("n1", zone: "a")
        cluster.service("cart", ["172.20.0.9"], ports: [80], nodePorts: [30_080])
        var endpoints: [ClusterEndpoints.Endpoint] = []
        for (number, zone) in zones.enumerated() {
            cluster.node("e\(number)", zone: zone, ["192.168.1.\(number)"])
            cluster.pod("u\(number)", "cart-\(number)", node: "e\(number)", ["10.0.1.\(number)"])
            endpoints.append(
                .init(
                    addresses: [ip("10.0.1.\(number)")],
                    podUID: "u\(number)",
                    node: "e\(number)",
                    isReady: ready?[number] ?? true
                )
            )
        }
        cluster.endpoints("slice", of: "cart", endpoints)
        return cluster
    }

    /// Only where every endpoint that may have been chosen is as far is that the scope.
    @Test(
        arguments: [
            ([], nil, Scope.unknown, ""),
            (["a"], nil, .sameZone, "a"),
            (["a", "a"], nil, .sameZone, "a"),
            (["b", "b"], nil, .sameRegion, "b"),
            (["b", "c"], nil, .sameRegion, ""),
            (["a", "b"], nil, .unknown, ""),
            (["a", nil], nil, .unknown, ""),
            ([nil], nil, .unknown, ""),
            (["a", "b"], [true, false], .sameZone, "a"),
            (["a"], [false], .unknown, ""),
        ] as [([String?], [Bool]?, Scope, String)]
    )
    func theScopeIsWhatHoldsForAllEndpoints(zones: [String?], ready: [Bool]?, scope: Scope, zone: String) {
        let peer = Self.cluster(zones, ready: ready).peer("172.20.0.9", port: 80, at: 500)
        #expect(peer?.kind == .service)
        #expect(peer?.namespace == "shop")
        #expect(peer?.workload == "cart")
        #expect(peer?.resolution == .service)
        #expect(peer?.scope == scope)
        #expect(peer?.zone == zone)
        #expect(peer?.rule == "kubernetes:service")
    }

    /// The bytes do go to the node that has the port, unless it is the own one.
    @Test func aNodePortIsTheServiceAtTheNodesPlace() {
        var cluster = Self.cluster(["b"])
        cluster.node("n1", zone: "a", ["192.168.2.1"])
        cluster.node("n9", zone: "a", ["192.168.2.9"])
        let far = cluster.peer("192.168.2.9", port: 30_080, at: 500)
        #expect(far?.kind == .service)
        #expect(far?.workload == "cart")
        #expect(far?.scope == .sameZone)
        #expect(cluster.peer("192.168.2.1", port: 30_080, at: 500)?.scope == .sameRegion)
        #expect(cluster.peer("192.168.2.9", port: 30_081, at: 500)?.kind == .node)
        // Where the node started the flow, the port is not the node's.
        #expect(cluster.peer("192.168.2.9", at: 500)?.kind == .node)
    }

    /// Load balancers without machines of their own put a service on the nodes' addresses.
    @Test func anAddressIsSharedByPort() {
        var cluster = TestCluster()
        cluster.node("n2", zone: "b", ["192.168.2.9"])
        cluster.service("web", ["192.168.2.9"], ports: [80])
        cluster.service("mail", ["192.168.2.9"], ports: [25])
        #expect(cluster.peer("192.168.2.9", port: 80, at: 500)?.workload == "web")
        #expect(cluster.peer("192.168.2.9", port: 25, at: 500)?.workload == "mail")
        #expect(cluster.peer("192.168.2.9", port: 22, at: 500)?.kind == .node)
        #expect(cluster.peer("192.168.2.9", at: 500)?.kind == .node)
    }

    @Test func aServiceThatIsGoneIsStillThePeerOfLateBatches() {
        var cluster = Self.cluster(["a"])
        cluster.now = 1000
        cluster.builder.removeService(.init(namespace: "shop", name: "cart"), at: cluster.moment)
        cluster.builder.removeEndpoints("slice", at: cluster.moment)
        #expect(cluster.peer("172.20.0.9", port: 80, at: 500)?.workload == "cart")
        #expect(cluster.peer("172.20.0.9", port: 80, at: 500)?.scope == .unknown)
        #expect(cluster.peer("172.20.0.9", port: 80, at: 2000) == nil)
        #expect(cluster.peer("192.168.1.0", port: 30_080, at: 1500)?.kind == .node)
    }

    /// An endpoint that is no pod is outside as a rule: the rules for its address say where.
    @Test func anEndpointWithoutAPodIsNamedAfterItsService() {
        var cluster = TestCluster()
        cluster.endpoints("slice", of: "database", [.init(addresses: [ip("10.99.0.1")], zone: "c")], [5432])
        let peer = cluster.peer("10.99.0.1", port: 5432, at: 500)
        #expect(peer?.kind == .endpoint)
        #expect(peer?.workload == "database")
        #expect(peer?.zone == "c")
        #expect(peer?.scope == nil)
        cluster.now = 1000
        cluster.builder.removeEndpoints("slice", at: cluster.moment)
        #expect(cluster.peer("10.99.0.1", at: 999)?.kind == .endpoint)
        #expect(cluster.peer("10.99.0.1", at: 1500) == nil)
    }
}
