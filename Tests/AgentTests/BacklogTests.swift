// SPDX-License-Identifier: Apache-2.0
import Testing
import Traffic

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
            #expect(backlog.first() == batch)
            backlog.release()
        }
        #expect(backlog.first() == nil && backlog.use == QueueUse() && backlog.hasRoom)
        backlog.release()
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
                #expect(backlog.first()?.sequence == expected)
                backlog.release()
                expected += 1
            }
        }
        #expect(backlog.use.batches == Int(next - expected))
    }

    @Test func whatIsRefusedBecomesALossByReason() {
        let backlog = Backlog(capacity: 1000)
        for bytes in [10, 20, 40] as [UInt64] { backlog.append(.test(sequence: bytes, bytes: bytes)) }
        backlog.refuse(reason: "refused_413")
        backlog.refuse(reason: "refused_400")
        backlog.refuse(reason: "refused_400")
        backlog.refuse(reason: "refused_400")
        #expect(backlog.remaining.bytes == 70)
        #expect(
            backlog.takeRefused() == [
                Loss(reason: "refused_400", counters: FlowCounters(egressBytes: 60)),
                Loss(reason: "refused_413", counters: FlowCounters(egressBytes: 10)),
            ]
        )
        #expect(backlog.takeRefused().isEmpty && backlog.remaining.isZero)
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
