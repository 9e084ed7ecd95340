// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

/// Who insists that an agent ends does not lose a byte by it.
@Suite(.serialized, .whereMeteringWorks) struct CleanEndTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// The classifier is away, and the agent would wait for it for ten minutes.
    @Test func aSecondSignalEndsTheAgentAtOnceAndLosesNothing() async throws {
        var random = SeededRandom()
        let pins = try PinMount()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        let flags = ["--pin", pins.path, "--spool", deployment.folder.file("spool"), "--shutdown-timeout", "10m"]
        try await deployment.startClassifier()
        try await deployment.startAgent(flags)
        try await lab.run()
        deployment.killClassifier()
        try await lab.run()
        let agent = try #require(deployment.agentProcess)
        agent.signal(SIGTERM)
        // One that comes while the first is not yet seen would be the same.
        try await waitUntil("the agent ends", every: .milliseconds(100)) {
            agent.signal(SIGTERM)
            return agent.exitStatus != nil
        }
        #expect(agent.exitStatus == .code(0), "\(agent.output)")
        #expect(agent.output.contains("the rest waits in the spool"))
        let spool = try Shell.run([
            try BuiltProduct.path("netledger-agent"), "spool", "--spool", deployment.folder.file("spool"),
        ])
        #expect(spool.contains("Lost: nothing") && !spool.contains("Waiting: 0 batches"), "\(spool)")
        try await lab.run()

        try await deployment.startClassifier()
        try await deployment.startAgent(flags)
        try await deployment.waitUntilDelivered()
        try await deployment.stopAgent()
        #expect(try await deployment.accounts(of: lab) == lab.accounts(), "seed \(random.seed)")
        #expect(try await deployment.usage(by: [], namespace: lab.parentCgroup).lost.isEmpty)
    }
}
