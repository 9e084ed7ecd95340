// SPDX-License-Identifier: Apache-2.0
import Classification
import Testing
import Traffic

/// Who had which address when, and what that says of a flow.
@Suite struct InventoryTests {
    private var cluster = TestCluster()

    @Test func aPodIsFoundByItsAddressAsLongAsItHasIt() {
        var cluster = cluster
        cluster.node("n1", zone: "a")
        cluster.node("n2", zone: "b")
        cluster.now = 200
        cluster.pod("u1", "web-1", node: "n2", ["10.0.0.5"], started: 100)
        cluster.builder.removePod("u1", at: cluster.moment)
        #expect(cluster.peer("10.0.0.5", at: 50)?.workload == nil)
        #expect(cluster.peer("10.0.0.5", at: 100)?.workload == "web-1")
        #expect(cluster.peer("10.0.0.5", at: 199)?.workload == "web-1")
        // The last packets to it.
        #expect(cluster.peer("10.0.0.5", at: 319)?.workload == "web-1")
        #expect(cluster.peer("10.0.0.5", at: 321)?.workload == nil)
        #expect(cluster.peer("10.0.0.5", at: 150)?.scope == .sameRegion)
        #expect(cluster.peer("10.0.0.5", at: 150)?.zone == "b")
        #expect(cluster.peer("10.0.0.5", at: 150)?.rule == "kubernetes:pod")
    }

    /// A batch that comes late is the former holder's, one that is new is the new holder's.
    @Test func aReusedAddressIsWhoseItWasThen() {
        var cluster = cluster
        cluster.now = 200
        cluster.pod("u1", "old", ["10.0.0.5"], started: 100)
        cluster.builder.removePod("u1", at: cluster.moment)
        cluster.now = 210
        cluster.pod("u2", "new", ["10.0.0.5"], started: 205)
        #expect(cluster.peer("10.0.0.5", at: 150)?.workload == "old")
        #expect(cluster.peer("10.0.0.5", at: 202)?.workload == "new")
        #expect(cluster.peer("10.0.0.5", at: 199)?.workload == "old")
        #expect(cluster.peer("10.0.0.5", at: 300)?.workload == "new")
    }

    /// Word of the old pod's end may come after the new pod's beginning.
    @Test func theLaterClaimCountsWhereTwoOverlap() {
        var cluster = cluster
        cluster.now = 210
        cluster.pod("u1", "old", ["10.0.0.5"], started: 100)
        cluster.pod("u2", "new", ["10.0.0.5"], started: 205)
        #expect(cluster.peer("10.0.0.5", at: 150)?.workload == "old")
        #expect(cluster.peer("10.0.0.5", at: 230)?.workload == "new")
        #expect(cluster.peer("10.0.0.5", at: 230)?.resolution == .address)
        cluster.now = 240
        cluster.builder.removePod("u1", at: cluster.moment)
        #expect(cluster.peer("10.0.0.5", at: 500)?.workload == "new")
        #expect(cluster.peer("10.0.0.5", at: 500)?.resolution == .address)
        #expect(cluster.builder.inventory.addressConflicts(at: 500 * 1_000_000_000).isEmpty)
    }

    /// For good, it is a fault of the cluster: only what holds for both pods is said.
    @Test func twoPodsThatClaimOneAddressAreAmbiguous() {
        var cluster = cluster
        cluster.node("n1", zone: "a")
        cluster.node("n2", zone: "b")
        cluster.pod("u1", "left", node: "n1", ["10.0.0.5"], started: 100)
        cluster.pod("u2", "right", node: "n2", ["10.0.0.5"], started: 101)
        let peer = cluster.peer("10.0.0.5", at: 500)
        #expect(peer?.resolution == .ambiguous)
        #expect(peer?.kind == .pod)
        #expect(peer?.namespace == "shop")
        #expect(peer?.workload.isEmpty == true)
        #expect(peer?.zone.isEmpty == true)
        #expect(peer?.scope == .unknown)
        let conflicts = cluster.builder.inventory.addressConflicts(at: 500 * 1_000_000_000)
        #expect(conflicts.map(\.address.description) == ["10.0.0.5"])
        #expect(conflicts.first?.pods == ["shop/left", "shop/right"])
    }

    @Test func aPodThatEndedHasNoAddressAnyMore() {
        var cluster = cluster
        cluster.now = 200
        // Its status keeps the address, although others may have it by then.
        cluster.pod("u1", "job", ["10.0.0.5"], started: 100, finished: 102)
        #expect(cluster.peer("10.0.0.5", at: 101)?.workload == "job")
        #expect(cluster.peer("10.0.0.5", at: 230)?.workload == nil)
        cluster.pod("u2", "next", ["10.0.0.5"], started: 103)
        #expect(cluster.peer("10.0.0.5", at: 104)?.workload == "next")
        cluster.builder.removePod("u1", at: cluster.moment)
        #expect(cluster.peer("10.0.0.5", at: 240)?.workload == "next")
    }

    @Test func aPodOfTheNodesNetworkDoesNotOwnTheNodesAddress() {
        var cluster = cluster
        cluster.node("n2", zone: "b", ["192.168.0.2"])
        cluster.pod("u1", "proxy", node: "n2", ["192.168.0.2"], isHostNetwork: true)
        #expect(cluster.peer("192.168.0.2", at: 500)?.kind == .node)
        #expect(cluster.peer("192.168.0.2", at: 500)?.workload.isEmpty == true)
        #expect(cluster.peer("192.168.0.2", at: 500)?.zone == "b")
        // Endpoints say which port is whose.
        cluster.endpoints(
            "s1",
            of: "metrics",
            [.init(addresses: [ip("192.168.0.2")], podUID: "u1", node: "n2")],
            [9100]
        )
        #expect(cluster.peer("192.168.0.2", port: 9100, at: 500)?.kind == .pod)
        #expect(cluster.peer("192.168.0.2", port: 9100, at: 500)?.workload == "proxy")
        #expect(cluster.peer("192.168.0.2", port: 9101, at: 500)?.kind == .node)
    }

    @Test func bothFamiliesLeadToAPod() {
        var cluster = cluster
        cluster.pod("u1", "dual", ["10.0.0.5", "fd00::5"])
        cluster.pod("u2", "six", ["fd00::6"])
        #expect(cluster.peer("10.0.0.5", at: 500)?.workload == "dual")
        #expect(cluster.peer("fd00::5", at: 500)?.workload == "dual")
        #expect(cluster.peer("fd00::6", at: 500)?.workload == "six")
    }

    @Test func aPodWithoutAddressesIsOnlyAnOwner() {
        var cluster = cluster
        cluster.pod("u1", "waiting", [])
        #expect(cluster.builder.inventory.names(ofPod: "u1")?.name == "waiting")
        cluster.now = 300
        cluster.pod("u1", "waiting", ["10.0.0.5"], started: 290)
        #expect(cluster.peer("10.0.0.5", at: 285)?.workload == nil)
        #expect(cluster.peer("10.0.0.5", at: 290)?.workload == "waiting")
        // One that comes later is the pod's from when it was told.
        cluster.now = 400
        cluster.pod("u1", "waiting", ["10.0.0.5", "fd00::5"], started: 290)
        #expect(cluster.peer("fd00::5", at: 300)?.workload == nil)
        #expect(cluster.peer("fd00::5", at: 400)?.workload == "waiting")
    }

    /// No host's own addresses, whatever an object claims.
    @Test(arguments: ["127.0.0.1", "::1", "0.0.0.0", "::"])
    func addressesOfEveryHostAreNobodys(address: String) {
        var cluster = cluster
        cluster.pod("u1", "odd", [address])
        cluster.node("n1", zone: "a", [address])
        cluster.service("odd", [address])
        #expect(cluster.peer(address, at: 500) == nil)
    }

    @Test func placesDecideTheScopeAndUnknownIsNeverNear() {
        var cluster = cluster
        cluster.node("n1", zone: "a")
        cluster.node("n2", zone: "b")
        cluster.node("n3", zone: nil)
        cluster.node("n4", region: "elsewhere", zone: "a")
        cluster.node("n5", zone: "a")
        for (number, node) in ["n1", "n2", "n3", "n4", "n5", "gone"].enumerated() {
            cluster.pod("u\(number)", "p\(number)", node: node, ["10.0.0.\(number)"])
        }
        let scopes = (0..<6).map { cluster.peer("10.0.0.\($0)", at: 500)?.scope }
        #expect(scopes == [.sameZone, .sameRegion, .unknown, .crossRegion, .sameZone, .unknown])
        // Without a place of its own the node knows where it is itself, and nothing else.
        let lost = (0..<6).map { cluster.peer("10.0.0.\($0)", at: 500, place: .unknown)?.scope }
        #expect(lost == [.sameZone, .unknown, .unknown, .unknown, .unknown, .unknown])
    }

    @Test func aNodeThatVanishedIsRememberedThenForgotten() {
        var cluster = cluster
        cluster.node("n2", zone: "b", ["192.168.0.2"])
        cluster.pod("u1", "web", node: "n2", ["10.0.0.5"])
        cluster.now = 1000
        cluster.builder.removeNode("n2", at: cluster.moment)
        #expect(cluster.peer("192.168.0.2", at: 999)?.kind == .node)
        #expect(cluster.peer("10.0.0.5", at: 999)?.scope == .sameRegion)
        cluster.builder.forget(before: 1001 * 1_000_000_000)
        #expect(cluster.peer("192.168.0.2", at: 999) == nil)
        #expect(cluster.peer("10.0.0.5", at: 999)?.scope == .unknown)
    }

    /// What is gone is kept by a clock that does not jump.
    @Test func whatIsGoneIsForgottenInTime() {
        var cluster = cluster
        cluster.pod("u1", "web", ["10.0.0.5"], started: 1)
        cluster.now = 1000
        cluster.builder.removePod("u1", at: .init(wall: 1000 * 1_000_000_000, steady: 50))
        cluster.builder.forget(before: 50)
        #expect(cluster.builder.inventory.names(ofPod: "u1") != nil)
        #expect(cluster.peer("10.0.0.5", at: 500) != nil)
        cluster.builder.forget(before: 51)
        #expect(cluster.builder.inventory.names(ofPod: "u1") == nil)
        #expect(cluster.peer("10.0.0.5", at: 500) == nil)
    }

    @Test func whatCameBackIsNotForgotten() {
        var cluster = cluster
        cluster.node("n2", zone: "b", ["192.168.0.2"])
        cluster.now = 1000
        cluster.builder.removeNode("n2", at: cluster.moment)
        cluster.now = 1100
        cluster.node("n2", zone: "b", ["192.168.0.2"])
        cluster.builder.forget(before: 5000 * 1_000_000_000)
        #expect(cluster.peer("192.168.0.2", at: 1200)?.zone == "b")
    }

    /// A copy stays what it was.
    @Test func aSnapshotDoesNotChange() {
        var cluster = cluster
        cluster.pod("u1", "web", ["10.0.0.5"])
        let snapshot = cluster.builder.inventory
        cluster.builder.removePod("u1", at: cluster.moment)
        cluster.builder.forget(before: .max)
        #expect(cluster.builder.inventory.names(ofPod: "u1") == nil)
        #expect(snapshot.names(ofPod: "u1")?.name == "web")
    }
}
