// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic
import Wire

/// From the kernel to the API: what crossed the wire is what the ledger says, to the byte and the packet.
@Suite(.serialized, .whereMeteringWorks) struct ByteExactTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    @Test func theLedgerEqualsThePacketFilter() async throws {
        var random = SeededRandom()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        try await deployment.startClassifier()
        try await deployment.startAgent()
        try await lab.run()
        try await deployment.stopAgent()

        try await deployment.expectEveryByte(of: lab, seed: random.seed)
        try await deployment.stopClassifier()
    }

    /// The classifier dies three times while bytes are on their way; each time it comes back to the same ledger.
    @Test func aKilledClassifierLosesAndRepeatsNothing() async throws {
        var random = SeededRandom()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        try await deployment.startClassifier()
        try await deployment.startAgent(interval: "50ms")
        for _ in 0..<3 {
            let running = Task { try await lab.run() }
            // Half-done: batches of this traffic have been booked and others are under way.
            let before = try await deployment.appliedBatches()
            try await waitUntil("more batches are booked") { try await deployment.appliedBatches() >= before + 2 }
            deployment.killClassifier()
            try await running.value
            try await deployment.startClassifier()
        }
        try await deployment.stopAgent()
        try await deployment.expectEveryByte(of: lab, seed: random.seed)
    }

    /// The agent goes first, with bytes that it could not upload yet, and the classifier comes back meanwhile.
    @Test func anAgentThatIsStoppedWaitsForTheClassifier() async throws {
        var random = SeededRandom()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        try await deployment.startClassifier()
        try await deployment.startAgent(interval: "50ms")
        deployment.killClassifier()
        try await lab.run()
        async let stopped: Void = deployment.stopAgent()
        try await deployment.startClassifier()
        try await stopped
        try await deployment.expectEveryByte(of: lab, seed: random.seed)
    }

    @Test func anAgentThatLosesBytesAtItsEndFails() async throws {
        let deployment = try Deployment()
        defer { deployment.remove() }
        try await deployment.startClassifier()
        try await deployment.startAgent(["--shutdown-timeout", "100ms"])
        // The agent's uploads are traffic, so there is always something that was counted and not delivered.
        try await waitUntil("batches are booked") { try await deployment.appliedBatches() >= 2 }
        deployment.killClassifier()
        let agent = try #require(deployment.agentProcess)
        agent.signal(SIGTERM)
        #expect(try await agent.waitForExit() == .code(1))
        #expect(agent.output.contains("Bytes are lost"), "\(agent.output)")
    }

    @Test func aDuplicateBatchChangesNothing() async throws {
        let deployment = try Deployment()
        defer { deployment.remove() }
        try await deployment.startClassifier()
        let now = Int64(Date.now.timeIntervalSince1970) * 1_000_000_000
        let batch = FlowBatch(
            source: BatchSource(cluster: "lab", node: "elsewhere", bootID: 1),
            sequence: 1,
            interval: Interval(start: now, end: now + 1_000_000_000),
            owners: [Owner(kind: .cgroup, cgroupID: 1, namespace: "/twice", pod: "sent")],
            flows: [
                Flow(
                    owner: 0,
                    remote: IPAddress(v4: 0x0a01_0203),
                    servicePort: 80,
                    ipProtocol: .tcp,
                    initiator: .pod,
                    counters: FlowCounters(egressBytes: 1, ingressBytes: 2, egressPackets: 3, ingressPackets: 4)
                )
            ]
        )
        let body = try batch.encoded()
        let first = try await acknowledgement(of: body, deployment)
        #expect(first == Acknowledgement(outcome: .applied, nextSequence: 2))
        let booked = try await deployment.usage(by: ["pod"], namespace: "/twice")
        #expect(try booked.byGroup("pod") == [["sent"]: batch.flows[0].counters])

        let second = try await acknowledgement(of: body, deployment)
        #expect(second == Acknowledgement(outcome: .duplicate, nextSequence: 2))
        deployment.killClassifier()
        try await deployment.startClassifier()
        let third = try await acknowledgement(of: body, deployment)
        #expect(third == Acknowledgement(outcome: .duplicate, nextSequence: 2))
        let after = try await deployment.usage(by: ["pod"], namespace: "/twice")
        #expect(after.rows == booked.rows)
        #expect(after.total == booked.total)
    }

    private func acknowledgement(of body: [UInt8], _ deployment: Deployment) async throws -> Acknowledgement {
        let answer = try await HTTPAnswer.post(
            deployment.classifierURL + "/v1/flows",
            body: body,
            type: "application/x-protobuf"
        )
        #expect(answer.status == 200, "\(answer.text)")
        return try Acknowledgement(encoded: Array(answer.body))
    }
}
