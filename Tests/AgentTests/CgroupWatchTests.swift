// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Agent

@Suite struct CgroupWatchTests {
    /// Directories of any file system are watched alike.
    @Test func whatComesAndGoesIsNoted() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let files = FileManager.default
        let root = directory.file("root")
        try files.createDirectory(atPath: root + "/before/below", withIntermediateDirectories: true)
        let watch = CgroupWatch(root: root)
        defer { watch.end() }
        #expect(watch.refusal == nil)
        #expect(Set(watch.take().values) == ["/before", "/before/below"])

        try files.createDirectory(atPath: root + "/before/below/pod", withIntermediateDirectories: false)
        var noted: [UInt64: String] = [:]
        func waitFor(_ path: String) async throws {
            try await waitUntil("\(path) is noted") {
                noted.merge(watch.take()) { $1 }
                return noted.values.contains(path)
            }
        }
        try await waitFor("/before/below/pod")
        let attributes = try files.attributesOfItem(atPath: root + "/before/below/pod")
        let id = try #require(attributes[.systemFileNumber] as? NSNumber).uint64Value
        try files.createDirectory(atPath: root + "/before/below/pod/container", withIntermediateDirectories: false)
        try await waitFor("/before/below/pod/container")
        try files.removeItem(atPath: root + "/before/below/pod")
        #expect(noted[id] == "/before/below/pod")
        // Its place may be taken by another, with another id.
        noted = [:]
        try files.createDirectory(atPath: root + "/before/below/pod", withIntermediateDirectories: false)
        try await waitFor("/before/below/pod")
    }

    /// A tree that is made at once is noted to its leaves: a directory may have children before it is watched.
    @Test func aTreeIsNotedToItsLeaves() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let watch = CgroupWatch(root: directory.file(""))
        defer { watch.end() }
        for number in 0..<50 {
            try FileManager.default.createDirectory(
                atPath: directory.file("/a\(number)/b/c"),
                withIntermediateDirectories: true
            )
        }
        var noted: Set<String> = []
        let expected = Set((0..<50).flatMap { ["/a\($0)", "/a\($0)/b", "/a\($0)/b/c"] })
        try await waitUntil("all are noted") {
            noted.formUnion(watch.take().values)
            return noted.isSuperset(of: expected)
        }
    }
}
