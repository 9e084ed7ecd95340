// SPDX-License-Identifier: Apache-2.0
import Testing
import Traffic
import Wire

@testable import Agent

struct BacklogTests {
    @Test func isAQueueThatKnowsItsSize() {
        let backlog = Backlog(capacity: 1000)
        let batches = (1...5).map { PackedBatch.test(sequence: $0) }
        for batch in batches { backlog.append(batch) }
        #expect(backlog.use.batches == 5)
        #expect(backlog.use.bytes == batches.reduce(0) { $0 + $1.footprint })
        #expect(!backlog.hasRoom)
        for batch in batches {
            #expect(backlog.next(Shipment.Limit(batches: 1))?.batches == [batch])
            backlog.release(through: batch.sequence, of: batch.source)
        }
        #expect(backlog.next(Shipment.Limit()) == nil && backlog.use == QueueUse() && backlog.hasRoom)
        backlog.release(through: 9, of: 5)
        #expect(backlog.use == QueueUse())
    }

    @Test func theOrderSurvivesManyRounds() {
        let backlog = Backlog(capacity: .max)
        var next: UInt64 = 1
        var expected: UInt64 = 1
        for round in 0..<200 {
            for _ in 0..<(round % 7) {
                backlog.append(.test(sequence: next))
                next += 1
            }
            for _ in 0..<(round % 5) where expected < next {
                #expect(backlog.next(Shipment.Limit())?.first == expected)
                backlog.release(through: expected, of: 5)
                expected += 1
            }
        }
        #expect(backlog.use.batches == Int(next - expected))
    }

    @Test func whatIsRefusedBecomesALossByReason() throws {
        let backlog = Backlog(capacity: 1000)
        let batches = (1...3).map { PackedBatch.test(sequence: $0, bytes: $0 * 10, flows: $0) }
        for batch in batches { backlog.append(batch) }
        backlog.refuse(reason: "refused_413")
        let shipment = try #require(backlog.next(Shipment.Limit()))
        #expect(shipment.batches.dropFirst() == batches.dropFirst())
        let report = try FlowBatch(encoded: shipment.batches[0].bytes)
        #expect(report.flows.isEmpty && report.sequence == 1 && report.running == batches[0].running)
        #expect(report.losses.map(\.reason) == ["map_full", "refused_413"])
        #expect(report.losses.map(\.counters.egressBytes) == [10, 1])
        // Not even that is taken: the next batch tells.
        backlog.refuse(reason: "refused_400")
        let rest = try #require(backlog.next(Shipment.Limit()))
        #expect(rest.first == 2 && rest.skipped == [Loss(reason: "refused_400", counters: batches[0].totals)])
        #expect(backlog.remaining.egressBytes == 66)
        backlog.release(through: 2, of: 5)
        #expect(backlog.next(Shipment.Limit())?.skipped.isEmpty == true)
    }

    @Test func aShipmentIsAsLargeAsAllowed() {
        let backlog = Backlog(capacity: 1000)
        let batches = (1...5).map { PackedBatch.test(sequence: $0) }
        for batch in batches { backlog.append(batch) }
        #expect(backlog.next(Shipment.Limit(batches: 2))?.last == 2)
        let size = batches[0].bytes.count
        #expect(backlog.next(Shipment.Limit(bytes: 3 * size + 1))?.last == 3)
        #expect(backlog.next(Shipment.Limit(bytes: 1))?.last == 1, "one may always go")
        #expect(backlog.next(Shipment.Limit())?.counted == batches[4].running)
    }

    @Test func closingEndsTheSignals() async {
        let backlog = Backlog(capacity: 1000)
        backlog.append(.test(sequence: 1))
        backlog.append(.test(sequence: 2))
        backlog.close()
        var signals = 0
        for await _ in backlog.signals { signals += 1 }
        #expect(signals == 1 && backlog.isClosed)
    }
}

extension Backlog {
    /// Keeps and publishes one batch.
    func append(_ batch: PackedBatch) {
        keep([batch], of: batch.sequence)
        publish()
    }
}
