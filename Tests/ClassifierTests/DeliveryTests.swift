// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Queries
import Testing
import Traffic
import Wire

@testable import Classifier

/// What agents post: several batches in a request, and what they say about them.
@Suite struct DeliveryTests {
    private static let second: Int64 = 1_000_000_000

    /// Batches with rising sequences, of 1,000 bytes out and 5,000 in each.
    private static func batches(_ sequences: ClosedRange<UInt64>, start: Int64 = TestClassifier.start - 60)
        -> [FlowBatch]
    {
        sequences.map { sequence in
            var batch = FlowBatch.test(sequence: sequence, start: start)
            batch.running = FlowCounters(
                egressBytes: 1000 * sequence,
                ingressBytes: 5000 * sequence,
                egressPackets: sequence,
                ingressPackets: 5 * sequence
            )
            return batch
        }
    }

    private static func deliver(
        _ batches: [FlowBatch],
        _ note: DeliveryNote,
        to client: any TestClientProtocol
    ) async throws -> Acknowledgement {
        let response = try await client.post(bytes: note.encoded(with: batches.map { try $0.encoded() }))
        #expect(response.status == .ok, "\(response.text)")
        return try Acknowledgement(encoded: Array(response.body.readableBytesView))
    }

    @Test func severalBatchesComeInOneRequest() async throws {
        try await TestClassifier()
            .run { client in
                let first = try await Self.deliver(Self.batches(1...3), DeliveryNote(), to: client)
                #expect(first == Acknowledgement(outcome: .applied, nextSequence: 4, applied: 3))
                // Some of them again, as after an answer that was lost.
                let second = try await Self.deliver(Self.batches(2...5), DeliveryNote(after: 1), to: client)
                #expect(second == Acknowledgement(outcome: .applied, nextSequence: 6, applied: 2))
                let third = try await Self.deliver(Self.batches(1...5), DeliveryNote(), to: client)
                #expect(third == Acknowledgement(outcome: .duplicate, nextSequence: 6))
                #expect(try await client.usage().counters.egressBytes == 5000)
            }
    }

    @Test func whatOvertakesIsAskedToWaitAndWhatIsGoneIsLost() async throws {
        try await TestClassifier()
            .run { client in
                _ = try await Self.deliver(Self.batches(1...1), DeliveryNote(), to: client)
                let early = try await Self.deliver(Self.batches(4...5), DeliveryNote(after: 3), to: client)
                #expect(early == Acknowledgement(outcome: .gap, nextSequence: 2))
                #expect(try await client.usage().counters.egressBytes == 1000)
                // The sender has not got them any more, and knows why for one of the two.
                let reason = Loss(
                    reason: "spool_expired",
                    counters: FlowCounters(egressBytes: 1000, ingressBytes: 5000, egressPackets: 1, ingressPackets: 5)
                )
                let note = DeliveryNote(
                    after: 1,
                    skipped: [reason],
                    sent: TestClassifier.start * Self.second,
                    counted: Self.batches(7...7)[0].running
                )
                let late = try await Self.deliver(Self.batches(4...5), note, to: client)
                #expect(late == Acknowledgement(outcome: .applied, nextSequence: 6, applied: 2))
                let metrics = try await client.metrics()
                func bytes(_ family: String) -> Double { metrics.family(family).values.reduce(0, +) }
                #expect(bytes("netledger_lost_bytes_total") == 12_000)
                #expect(bytes("netledger_node_booked_bytes_total") == 18_000)
                #expect(bytes("netledger_node_waiting_bytes") == 12_000)
                #expect(bytes("netledger_node_seen_bytes_total") == 42_000)
                #expect(metrics.family("netledger_classifier_batches_total").values.reduce(0, +) == 4)
            }
    }

    /// One of them is bad: nothing of the request is booked, and the sender finds out which by sending them apart.
    @Test func aBadBatchSpoilsItsDelivery() async throws {
        try await TestClassifier()
            .run { client in
                let good = try Self.batches(1...2).map { try $0.encoded() }
                let bytes = try DeliveryNote().encoded(with: [good[0], good[1] + [0x28, 0]])
                #expect(try await client.post(bytes: bytes).status == .badRequest)
                let foreign = try FlowBatch.test(node: "node-2", sequence: 2).encoded()
                #expect(
                    try await client.post(bytes: DeliveryNote().encoded(with: [good[0], foreign])).status == .badRequest
                )
                #expect(
                    try await client.post(bytes: DeliveryNote().encoded(with: [good[1], good[0]])).status == .badRequest
                )
                #expect(try await client.post(bytes: DeliveryNote().encoded(with: [])).status == .badRequest)
                #expect(try await client.usage().counters.isZero)
            }
    }

    /// Within the tolerance a node's times are believed; beyond it, the classifier's clock counts, and that is told.
    @Test(
        arguments: [(-300, nil), (300, nil), (-301, "clock_skew"), (301, "clock_skew"), (-90_000, "clock_skew")]
            as [(Int64, String?)]
    )
    func aWrongClockIsNotBelieved(skew: Int64, reason: String?) async throws {
        try await TestClassifier()
            .run { client in
                let now = TestClassifier.start
                let batches = Self.batches(1...1, start: now + skew - 65)
                let note = DeliveryNote(sent: (now + skew) * Self.second)
                #expect(try await Self.deliver(batches, note, to: client).outcome == .applied)
                // It was counted 60 seconds ago by the node's own clock; so it lies in that minute by the right one.
                let start = reason == nil ? now + skew - 65 : now - 65
                let minute = start - start % 60
                let usage = try await client.usage(
                    "start=\(UTCTime(secondsSinceEpoch: minute))&end=\(UTCTime(secondsSinceEpoch: minute + 60))"
                )
                #expect(usage.counters.egressBytes == 1000)
                let metrics = try await client.metrics()
                #expect(metrics.family("netledger_node_clock_skew_seconds").values.first == Double(skew))
                #expect(
                    metrics.family("netledger_node_reclocked_batches_total").values.reduce(0, +)
                        == (reason == nil ? 0 : 1)
                )
            }
    }

    /// A batch that lies in the future although its sender's clock is right, or unknown, is booked as of now.
    @Test(arguments: [Int64?.none, TestClassifier.start * DeliveryTests.second])
    func theFarFutureIsBookedNow(sent: Int64?) async throws {
        try await TestClassifier()
            .run { client in
                let batches = Self.batches(1...1, start: TestClassifier.start + 400_000)
                #expect(try await Self.deliver(batches, DeliveryNote(sent: sent), to: client).outcome == .applied)
                #expect(try await client.usage("start=-1m").counters.egressBytes == 1000)
                let metrics = try await client.metrics()
                #expect(metrics.family("netledger_node_reclocked_batches_total").values.reduce(0, +) == 1)
            }
    }
}
