// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing
import Traffic

@testable import Agent

struct OwnerNamerTests {
    /// A cgroup tree that a test changes.
    final class Tree: Sendable {
        private let state = Mutex<[UInt64: String]>([1: "/"])

        var paths: [UInt64: String] {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    let tree = Tree()

    private func namer() -> OwnerNamer {
        OwnerNamer { [tree] in tree.paths }
    }

    @Test func knownIDsNeedNoWalk() {
        var namer = namer()
        tree.paths[7] = "/a"
        for drain in 0..<5 as Range<Int64> {
            namer.beginDrain()
            #expect(namer.owner(of: 7, at: drain).pod == "a")
            #expect(namer.owner(of: 1, at: drain).pod == "/")
        }
        #expect(namer.walks == 1)
    }

    @Test func aNewIDWalksAgainButOncePerDrain() {
        var namer = namer()
        namer.beginDrain()
        #expect(namer.owner(of: 8, at: 0) == Owner(unattributed: "cgroup-gone", cgroupID: 8))
        #expect(namer.owner(of: 9, at: 0).kind == .unattributed)
        #expect(namer.walks == 1)
        tree.paths[9] = "/b"
        namer.beginDrain()
        #expect(namer.owner(of: 9, at: 1).pod == "b")
        #expect(namer.walks == 2)
    }

    @Test func anIDThatIsNeverFoundDoesNotWalkForever() {
        var namer = namer()
        for drain in 0..<10 as Range<Int64> {
            namer.beginDrain()
            #expect(namer.owner(of: 8, at: drain).pod == "cgroup-gone")
        }
        #expect(namer.walks == 2)
    }

    @Test func aCgroupThatIsGoneKeepsItsOwner() {
        var namer = namer()
        tree.paths[7] = "/a"
        namer.beginDrain()
        _ = namer.owner(of: 7, at: 0)
        tree.paths[7] = nil
        tree.paths[8] = "/b"
        namer.beginDrain()
        #expect(namer.owner(of: 8, at: 1).pod == "b")
        #expect(namer.owner(of: 7, at: 2).pod == "a")
    }

    @Test func aWalkRemembersWhatHasNoBytesYet() {
        var namer = namer()
        tree.paths[7] = "/short-lived"
        namer.beginDrain()
        _ = namer.owner(of: 1, at: 0)
        tree.paths[7] = nil
        namer.beginDrain()
        #expect(namer.owner(of: 7, at: 1).pod == "short-lived")
    }

    @Test func whatIsGoneAndIdleIsForgotten() {
        var namer = namer()
        namer.idleLimit = 100
        tree.paths[7] = "/a"
        tree.paths[8] = "/b"
        namer.beginDrain()
        _ = namer.owner(of: 7, at: 0)
        tree.paths = [1: "/"]
        namer.beginDrain()
        _ = namer.owner(of: 8, at: 90)
        namer.beginDrain()
        _ = namer.owner(of: 99, at: 120)
        namer.beginDrain()
        #expect(namer.owner(of: 8, at: 121).pod == "b")
        #expect(namer.owner(of: 7, at: 121).pod == "cgroup-gone")
    }

    @Test func theCacheOfWhatIsGoneIsBounded() {
        var namer = namer()
        namer.goneLimit = 10
        for id in 100..<200 as Range<UInt64> {
            tree.paths = [1: "/", id: "/g\(id)"]
            namer.beginDrain()
            _ = namer.owner(of: id, at: Int64(id))
        }
        #expect(namer.count == 12)
        namer.beginDrain()
        #expect(namer.owner(of: 195, at: 200).pod == "g195")
    }

    @Test func zeroIsNoCgroup() {
        var namer = namer()
        namer.beginDrain()
        #expect(namer.owner(of: 0, at: 0) == Owner(unattributed: "no-cgroup", cgroupID: 0))
        #expect(namer.walks == 0)
    }
}
