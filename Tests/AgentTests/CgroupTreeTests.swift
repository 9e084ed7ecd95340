// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Agent

/// The walk on this host's own cgroup v2 file system.
struct CgroupTreeTests {
    @Test(.enabled(if: TestEnvironment.canMeter, "making cgroups needs root"))
    func findsARealCgroupByItsID() throws {
        let root = try #require(CgroupLab.mountPoint)
        #expect(CgroupTree(root: root).isCgroup2)
        let lab = try CgroupLab()
        defer { lab.remove() }
        let outer = try lab.group("outer")
        let inner = try lab.group("outer/inner é")
        let paths = CgroupTree(root: root).paths()
        #expect(paths[try outer.id()] == outer.cgroupPath)
        #expect(paths[try inner.id()] == inner.cgroupPath)
        #expect(paths.values.contains("/"))
        // Two names for one id, or two ids for one name, would book bytes to the wrong owner.
        #expect(Set(paths.values).count == paths.count)
        lab.remove()
        #expect(!CgroupTree(root: root).paths().values.contains { $0.hasPrefix(lab.cgroupPath) })
    }

    @Test func plainDirectoriesWorkTooAndFilesAreLeftOut() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let tree = CgroupTree(root: directory.path)
        #expect(!tree.isCgroup2 && !CgroupTree(root: directory.file("missing")).isCgroup2)
        #expect(Array(tree.paths().values) == ["/"])
        #expect(CgroupTree(root: directory.file("missing")).paths().isEmpty)
    }
}
