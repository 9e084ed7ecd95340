// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

@Suite struct RestartTests {
    @Test func nothingIsLostOrRepeated() async throws {
        var random = SeededRandom()
        let batches = (1...20)
            .map { sequence in
                TrafficModel.randomBatch(
                    node: "n",
                    sequence: UInt64(sequence),
                    startNanoseconds: (TestClassifier.start - 900 + Int64(sequence) * 20) * 1_000_000_000,
                    &random
                )
            }
        let seed = random.seed
        let classifier = try TestClassifier { $0.destinations = TrafficModel.destinations }
        let query = "start=-1h&group_by=namespace,pod,scope,rule&order=group"
        let (before, usage) = try await classifier.run { client in
            for batch in batches.prefix(10) { try await client.post(batch) }
            return (try await client.metrics(), try await client.get("/api/v1/usage?\(query)").text)
        }
        try await classifier.run { client in
            let after = try await client.metrics()
            for family in [
                "netledger_pod_network_egress_bytes_total", "netledger_pod_network_ingress_bytes_total",
                "netledger_lost_bytes_total",
            ] {
                #expect(after.family(family) == before.family(family), "seed \(seed)")
                #expect(!after.family(family).isEmpty, "seed \(seed)")
            }
            #expect(try await client.get("/api/v1/usage?\(query)").text == usage, "seed \(seed)")
            for batch in batches.prefix(10) {
                #expect(try await client.post(batch) == Acknowledgement(outcome: .duplicate, nextSequence: 11))
            }
            for batch in batches.dropFirst(10) {
                #expect(try await client.post(batch).outcome == .applied)
            }
            let expected = batches.flatMap(\.flows).reduce(into: FlowCounters.zero) { $0 += $1.counters }
            #expect(try await client.usage("start=-1h").counters == expected, "seed \(seed)")
        }
    }

    @Test func aBootThatBeginsAgainIsANewSource() async throws {
        let classifier = try TestClassifier()
        try await classifier.run { client in
            try await client.post(FlowBatch.test(bootID: 1, sequence: 1))
        }
        try await classifier.run { client in
            let acknowledgement = try await client.post(FlowBatch.test(bootID: 2, sequence: 1))
            #expect(acknowledgement == Acknowledgement(outcome: .applied, nextSequence: 2))
            #expect(try await client.usage().total["egress_bytes"] == 2000)
        }
    }
}
