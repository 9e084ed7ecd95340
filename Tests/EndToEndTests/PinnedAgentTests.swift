// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

/// With pins and a spool, no way to end an agent costs a byte.
@Suite(.serialized, .whereMeteringWorks) struct PinnedAgentTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// `SIGKILL` three times while bytes are on their way, once with the classifier gone as well, with maps of another
    /// size each time, and counting goes on in between; then a proper end, and `detach`.
    @Test func aKilledAgentLosesAndRepeatsNothing() async throws {
        var random = SeededRandom()
        let pins = try PinMount()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        let flags = ["--pin", pins.path, "--spool", deployment.folder.file("spool")]
        try await deployment.startClassifier()
        try await deployment.startAgent(flags, interval: "500ms")
        for round in 0..<3 {
            let running = Task { try await lab.run() }
            let before = try await deployment.appliedBatches()
            try await waitUntil("another batch is booked") { try await deployment.appliedBatches() > before }
            if round == 1 { deployment.killClassifier() }
            deployment.killAgent()
            // The next agent starts in the middle of the traffic, or when all of it has passed, with maps of another size.
            if round == 2 { try await running.value }
            let capacity = ["--flow-capacity", round == 1 ? "131072" : "65536"]
            try await deployment.startAgent(flags + capacity, interval: "500ms")
            if round == 1 {
                try await running.value
                deployment.killAgent()
                try await deployment.startAgent(flags, interval: "500ms")
                try await deployment.startClassifier()
            }
            try await running.value
        }
        try await deployment.waitUntilDelivered()
        try await deployment.stopAgent()
        // Nobody is there, and the kernel counts.
        try await lab.run()
        try await deployment.startAgent(flags, interval: "500ms")
        try await deployment.waitUntilDelivered()
        try await deployment.stopAgent()
        #expect(try await deployment.accounts(of: lab) == lab.accounts(), "seed \(random.seed)")
        #expect(try await deployment.usage(by: [], namespace: lab.parentCgroup).lost.isEmpty)

        let hooks = try pins.hooks()
        let said = try Shell.run([try BuiltProduct.path("netledger-agent"), "detach", "--pin", pins.path])
        #expect(said.hasPrefix("The hooks and counters in \(pins.path) are removed."), "\(said)")
        #expect(!FileManager.default.fileExists(atPath: pins.path))
        for hook in hooks {
            try await waitUntil("hook \(hook) is gone") {
                (try? Shell.run(["bpftool", "link", "show", "id", "\(hook.link)"])) == nil
                    && (try? Shell.run(["bpftool", "prog", "show", "id", "\(hook.program)"])) == nil
            }
        }
    }

    @Test func detachSaysWhatItDrops() async throws {
        var random = SeededRandom()
        let pins = try PinMount()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        let detach = [try BuiltProduct.path("netledger-agent"), "detach", "--pin", pins.path]
        #expect(try Shell.run(detach) == "Nothing is pinned in \(pins.path).\n")
        try await deployment.startClassifier()
        try await deployment.startAgent(["--pin", pins.path])
        let refused = #expect(throws: LaunchError.self) { try Shell.run(detach) }
        #expect(refused?.description.contains("another agent uses") == true)
        try await deployment.stopAgent()
        try await lab.run()
        let said = try Shell.run(detach)
        let sent = said.firstMatch(of: /Dropped undelivered: (\d+) bytes sent/).flatMap { UInt64($0.1) }
        let passed = try lab.accounts().values.reduce(0) { $0 + $1.egressBytes }
        #expect(try #require(sent, "\(said)") >= passed, "other programs of the host may have sent more")
    }
}
