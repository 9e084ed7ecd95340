// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

@testable import Agent

/// `netledger-agent spool`, as an operator runs it beside an agent.
@Suite struct SpoolCommandTests {
    /// What the program says about the disk of `world`.
    private func show(_ world: SpoolWorld, _ flags: [String] = []) throws -> String {
        let folder = try TemporaryDirectory()
        defer { folder.remove() }
        for (name, bytes) in world.disk.files {
            try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
        }
        let program = try BuiltProduct.path("netledger-agent")
        let text = try Shell.run([program, "spool", "--spool", folder.path, "--spool-age", "3650d"] + flags)
        for (name, bytes) in world.disk.files {
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file(name))) == Data(bytes), "it only reads")
        }
        return text
    }

    private func json(_ world: SpoolWorld) throws -> [String: Any] {
        let text = try show(world, ["--format", "json"])
        return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private func share(_ value: Any?) throws -> [Int] {
        let share = try #require(value as? [String: Any])
        return ["batches", "egress_bytes", "ingress_bytes"].map { share[$0] as? Int ?? -1 }
    }

    private func world() throws -> SpoolWorld {
        var world = SpoolWorld(SeededRandom())
        world.diesBetween = false
        world.limits.bytes = 1 << 20
        try world.start()
        for bytes in 1...9 as ClosedRange<UInt64> {
            world.source.flows.append(.sent(bytes))
            #expect(try world.tick())
        }
        return world
    }

    @Test func whatWaitsAndWhatIsKeptIsShown() throws {
        let world = try world()
        let source = AgentIdentity.test.source.bootID
        #expect(world.life?.spool.next(Shipment.Limit(batches: 3))?.last == 3)
        world.life?.spool.release(through: 3, of: source)
        let found = try json(world)
        #expect(try share(found["waiting"]) == [6, 4 + 5 + 6 + 7 + 8 + 9, 0])
        #expect(try share(found["kept"]) == [3, 6, 0])
        #expect((found["lost"] as? [String: Any])?.isEmpty == true)
        #expect(found["last_sequence"] as? Int == 9)
        let text = try show(world)
        #expect(text.contains("Waiting: 6 batches, 39 bytes sent, 0 bytes received"), "\(text)")
        #expect(text.contains("Kept: 3 batches, 6 bytes sent"))
        #expect(text.contains("Lost: nothing"))
    }

    @Test func damageAndItsBytesAreShown() throws {
        let world = try world()
        let name = try #require(world.disk.files.keys.first { $0.hasPrefix("segment-") })
        // In the body of the last batch, and so behind every header.
        let last = try #require(world.disk.files[name]?.count) - 3
        world.disk.files[name]?[last] ^= 4
        let found = try json(world)
        #expect(try share(found["waiting"])[0] == 8)
        let lost = try #require(found["lost"] as? [String: Any])
        #expect(try share(lost["spool_corrupt"]) == [1, 9, 0])
        let text = try show(world)
        #expect(text.contains("Lost (spool_corrupt): 9 bytes sent"), "\(text)")
        #expect(text.contains("1 damaged"))
    }

    @Test func aDirectoryThatIsNotThereIsASentence() throws {
        let error = #expect(throws: LaunchError.self) {
            try Shell.run([try BuiltProduct.path("netledger-agent"), "spool", "--spool", "/nowhere/spool"])
        }
        #expect(error?.description.contains("/nowhere/spool") == true)
        let silent = #expect(throws: LaunchError.self) {
            try Shell.run([try BuiltProduct.path("netledger-agent"), "spool"])
        }
        #expect(silent?.description.contains("--spool") == true)
    }
}
