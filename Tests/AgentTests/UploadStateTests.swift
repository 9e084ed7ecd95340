// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic
import Wire

@testable import Agent

struct UploadStateTests {
    let batch = Shipment(batches: [.test(sequence: 1)])

    @Test func nothingToSendIsIdle() {
        #expect(UploadState().step(next: nil, at: 0) == .idle)
    }

    @Test func theOldestIsSentAtOnce() {
        #expect(UploadState().step(next: batch, at: 0) == .send(batch))
    }

    @Test(arguments: [Acknowledgement.Outcome.applied, .duplicate])
    func whatIsAcknowledgedIsReleased(outcome: Acknowledgement.Outcome) {
        var state = UploadState()
        let answer = UploadAnswer.acknowledged(Acknowledgement(outcome: outcome, nextSequence: 2))
        #expect(
            state.finish(answer, of: batch, at: 0, jitter: 1)
                == .release(through: 1, applied: outcome == .applied ? 1 : 0)
        )
        #expect(state.step(next: batch, at: 0) == .send(batch))
    }

    /// The ledger says how far it is, and everything up to there is released, whether it came now or before.
    @Test(arguments: [(3, 2), (6, 5), (9, 7), (1000, 7)] as [(UInt64, UInt64)])
    func whatIsBookedIsReleased(next: UInt64, through: UInt64) {
        var state = UploadState()
        let shipment = Shipment(after: 1, batches: (2...7).map { .test(sequence: $0) })
        let answer = UploadAnswer.acknowledged(Acknowledgement(outcome: .applied, nextSequence: next, applied: 1))
        #expect(state.finish(answer, of: shipment, at: 0, jitter: 1) == .release(through: through, applied: 1))
    }

    @Test func aGapIsFilledFromWhereTheLedgerStands() {
        var state = UploadState()
        let shipment = Shipment(after: 6, batches: [.test(sequence: 7)])
        let answer = UploadAnswer.acknowledged(Acknowledgement(outcome: .gap, nextSequence: 3))
        #expect(state.finish(answer, of: shipment, at: 0, jitter: 1) == .rewind(to: 3))
        #expect(state.step(next: shipment, at: 0) == .send(shipment), "at once")
        // Whoever has said that there is nothing before is not asked for it.
        let first = Shipment(batches: [.test(sequence: 7)])
        guard case .keep = state.finish(answer, of: first, at: 0, jitter: 1) else {
            Issue.record("that would go on for ever")
            return
        }
    }

    @Test func aRefusedShipmentIsSentOneByOne() {
        var state = UploadState()
        let shipment = Shipment(batches: (1...7).map { .test(sequence: $0) })
        #expect(
            state.finish(.refused(status: 400, detail: "d"), of: shipment, at: 0, jitter: 1) == .narrow(detail: "d")
        )
        #expect(state.limit.batches == 1)
        var sizes: [Int] = []
        for _ in 0..<8 {
            let answer = UploadAnswer.acknowledged(Acknowledgement(outcome: .applied, nextSequence: 2))
            _ = state.finish(answer, of: batch, at: 0, jitter: 1)
            sizes.append(state.limit.batches)
        }
        #expect(sizes == [2, 4, 8, 16, 32, 64, 64, 64])
    }

    @Test func whatIsRefusedIsDroppedByName() {
        var state = UploadState()
        let verdict = state.finish(.refused(status: 413, detail: "too big"), of: batch, at: 0, jitter: 1)
        #expect(verdict == .drop(reason: "refused_413", detail: "too big"))
        #expect(state.step(next: batch, at: 0) == .send(batch), "the next one does not wait for it")
    }

    @Test func failuresWaitExponentiallyLongerUpToALimit() {
        var state = UploadState()
        var now: Int64 = 0
        var delays: [Int64] = []
        for _ in 0..<10 {
            guard
                case .keep(let delay, _) = state.finish(
                    .failed(reason: "", retryAfter: nil),
                    of: batch,
                    at: now,
                    jitter: 1
                )
            else {
                Issue.record("a failure is not kept")
                return
            }
            #expect(state.step(next: batch, at: now + delay - 1) == .wait(until: now + delay))
            now += delay
            #expect(state.step(next: batch, at: now) == .send(batch))
            delays.append(delay / 1_000_000)
        }
        #expect(delays == [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000])
    }

    @Test func jitterIsBetweenHalfAndAll() {
        var random = SeededRandom()
        for _ in 0..<1000 {
            var state = UploadState()
            let jitter = Double.random(in: 0...1, using: &random)
            guard
                case .keep(let delay, _) = state.finish(
                    .failed(reason: "", retryAfter: nil),
                    of: batch,
                    at: 0,
                    jitter: jitter
                )
            else {
                Issue.record("a failure is not kept")
                return
            }
            #expect((250_000_000...500_000_000).contains(delay), "seed \(random.seed)")
        }
    }

    @Test func aSuccessForgetsTheFailures() {
        var state = UploadState()
        for _ in 0..<5 { _ = state.finish(.failed(reason: "", retryAfter: nil), of: batch, at: 0, jitter: 1) }
        _ = state.finish(
            .acknowledged(Acknowledgement(outcome: .applied, nextSequence: 2)),
            of: batch,
            at: 0,
            jitter: 1
        )
        #expect(state.failures == 0)
        #expect(
            state.finish(.failed(reason: "r", retryAfter: nil), of: batch, at: 0, jitter: 1)
                == .keep(delay: 500_000_000, reason: "r")
        )
    }

    @Test func retryAfterIsHonouredAndIsAFloorOnly() {
        var state = UploadState()
        let later = UploadAnswer.failed(reason: "", retryAfter: .seconds(7))
        #expect(state.finish(later, of: batch, at: 0, jitter: 0) == .keep(delay: 7 * second, reason: ""))
        #expect(state.step(next: batch, at: 7 * second - 1) == .wait(until: 7 * second))
        #expect(
            state.finish(later, of: batch, at: 0, jitter: 1) == .keep(delay: 8_750_000_000, reason: ""),
            "not all at the same moment"
        )
        for _ in 0..<8 { _ = state.finish(later, of: batch, at: 0, jitter: 1) }
        #expect(state.finish(later, of: batch, at: 0, jitter: 1) == .keep(delay: 30 * second, reason: ""))
    }

    @Test func closingStopsTheWaitAndKeepsItShort() {
        var state = UploadState()
        for _ in 0..<8 { _ = state.finish(.failed(reason: "", retryAfter: .seconds(100)), of: batch, at: 0, jitter: 1) }
        state.beginClosing()
        #expect(state.step(next: batch, at: 1) == .send(batch))
        _ = state.finish(.failed(reason: "", retryAfter: .seconds(100)), of: batch, at: 1, jitter: 1)
        state.beginClosing()
        #expect(state.step(next: batch, at: 1) == .wait(until: 500_000_001), "only the first call skips the wait")
    }
}

struct UploadAnswerTests {
    private static let applied = Acknowledgement(outcome: .applied, nextSequence: 9)

    @Test func anAcknowledgementNeedsItsBody() {
        #expect(UploadAnswer(status: 200, retryAfter: nil, body: Self.applied.encoded()) == .acknowledged(Self.applied))
        guard case .failed(let reason, nil) = UploadAnswer(status: 200, retryAfter: nil, body: Array("<p>".utf8)) else {
            Issue.record("a page of some proxy is no acknowledgement")
            return
        }
        #expect(reason.contains("no acknowledgement"))
    }

    @Test(arguments: [400, 413, 415])
    func refusalsAreFinal(status: Int) {
        let answer = UploadAnswer(status: status, retryAfter: "5", body: Array("{\"detail\":\"no\u{1b}\"}".utf8))
        #expect(answer == .refused(status: status, detail: "{\"detail\":\"no\u{fffd}\"}"))
    }

    @Test(arguments: [201, 204, 301, 401, 403, 404, 408, 409, 411, 429, 500, 502, 503, 504])
    func everythingElseIsTriedAgain(status: Int) {
        let answer = UploadAnswer(status: status, retryAfter: nil, body: [])
        #expect(answer == .failed(reason: "status \(status): ", retryAfter: nil))
    }

    @Test(arguments: [
        ("7", Duration.seconds(7)), ("0", .zero), ("100000000000", .seconds(300)), ("-1", nil), ("soon", nil),
        ("Wed, 21 Oct 2026 07:28:00 GMT", nil), ("99999999999999999999", nil),
    ])
    func retryAfterInSeconds(text: String, expected: Duration?) {
        #expect(
            UploadAnswer(status: 503, retryAfter: text, body: [])
                == .failed(reason: "status 503: ", retryAfter: expected)
        )
    }
}

extension PackedBatch {
    /// A batch with a loss of `bytes` and so many flows of a byte; all before it were empty.
    static func test(sequence: UInt64, bytes: UInt64 = 0, flows: UInt64 = 0) -> PackedBatch {
        var batch = FlowBatch(
            source: AgentIdentity.test.source,
            sequence: sequence,
            interval: Interval(start: newYear, end: newYear + second),
            owners: [Owner(kind: .unit, cgroupID: 1, namespace: "s", pod: "p")]
        )
        if bytes > 0 { batch.losses = [Loss(reason: "map_full", counters: FlowCounters(egressBytes: bytes))] }
        batch.flows = (0..<flows)
            .map { _ in
                Flow(
                    owner: 0,
                    remote: IPAddress(v4: 1),
                    servicePort: 1,
                    ipProtocol: .tcp,
                    initiator: .pod,
                    counters: FlowCounters(egressBytes: 1)
                )
            }
        do {
            return try PackedBatch(batch)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
