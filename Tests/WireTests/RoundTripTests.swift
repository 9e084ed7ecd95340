// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic
import Wire

struct RoundTripTests {
    @Test func everyFieldSurvives() throws {
        var random = SeededRandom()
        for size in [0, 1, 2, 3, 17, 1000] {
            let batch = FlowBatch.random(using: &random, flows: size)
            #expect(try FlowBatch(encoded: try batch.encoded()) == batch.inWireOrder, "seed \(random.seed)")
        }
    }

    @Test func encodingIsAFunctionOfTheValue() throws {
        var random = SeededRandom()
        let batch = FlowBatch.random(using: &random, flows: 100)
        #expect(try batch.encoded() == batch.encoded(), "seed \(random.seed)")
    }

    @Test func theLargestNumbersSurvive() throws {
        let largest = WireLimits.numberBound - 1
        let batch = FlowBatch(
            source: BatchSource(cluster: "c", node: "n", bootID: .max),
            sequence: largest,
            interval: Interval(start: WireLimits.earliest, end: WireLimits.latest),
            owners: [Owner(kind: .cgroup, cgroupID: .max, namespace: "/", pod: "/")],
            flows: [
                Flow(
                    owner: 0,
                    remote: IPAddress(bits: .max),
                    servicePort: .max,
                    ipProtocol: IPProtocol(rawValue: .max),
                    initiator: .remote,
                    viaLoopback: true,
                    counters: FlowCounters(
                        egressBytes: largest,
                        ingressBytes: largest,
                        egressPackets: largest,
                        ingressPackets: largest
                    )
                )
            ],
            maps: [MapUse(name: "flows", entries: largest, capacity: largest)]
        )
        #expect(try FlowBatch(encoded: batch.encoded()) == batch)
    }

    @Test func aRecordTakesTheBytesTheDesignPromises() throws {
        var random = SeededRandom()
        var batch = FlowBatch.random(using: &random, flows: 0)
        let empty = try batch.encoded().count
        batch.flows = (0..<1000)
            .map { index in
                Flow(
                    owner: 0,
                    remote: IPAddress(v4: 0x0a00_0000 + UInt32(index)),
                    servicePort: 443,
                    ipProtocol: .tcp,
                    initiator: .pod,
                    counters: FlowCounters(
                        egressBytes: .random(in: 0...1_000_000, using: &random),
                        ingressBytes: .random(in: 0...100_000_000, using: &random),
                        egressPackets: .random(in: 0...1000, using: &random),
                        ingressPackets: .random(in: 0...70_000, using: &random)
                    )
                )
            }
        #expect((try batch.encoded().count - empty) / 1000 <= 22, "seed \(random.seed)")
    }

    @Test(arguments: Acknowledgement.Outcome.allCases, [0, 1, UInt64.max])
    func acknowledgements(outcome: Acknowledgement.Outcome, next: UInt64) throws {
        let answer = Acknowledgement(outcome: outcome, nextSequence: next)
        #expect(try Acknowledgement(encoded: answer.encoded()) == answer)
    }

    @Test func anEmptyAnswerIsNoAcknowledgement() {
        #expect(throws: WireError.invalid(field: "outcome", reason: "is 0; 1...3 are known")) {
            try Acknowledgement(encoded: [])
        }
        #expect(throws: WireError.self) { try Acknowledgement(encoded: [UInt8]("<html>".utf8)) }
    }
}
