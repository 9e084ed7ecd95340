// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic
import Wire

@testable import Agent

struct UploadStateTests {
    let batch = PackedBatch.test(sequence: 1)

    @Test func nothingToSendIsIdle() {
        #expect(UploadState().step(head: nil, at: 0) == .idle)
    }

    @Test func theOldestIsSentAtOnce() {
        #expect(UploadState().step(head: batch, at: 0) == .send(batch))
    }

    @Test(arguments: Acknowledgement.Outcome.allCases)
    func whatIsAcknowledgedIsReleased(outcome: Acknowledgement.Outcome) {
        var state = UploadState()
        let answer = UploadAnswer.acknowledged(Acknowledgement(outcome: outcome, nextSequence: 2))
        #expect(state.finish(answer, at: 0, jitter: 1) == .release(outcome))
        #expect(state.step(head: batch, at: 0) == .send(batch))
    }

    @Test func whatIsRefusedIsDroppedByName() {
        var state = UploadState()
        let verdict = state.finish(.refused(status: 413, detail: "too big"), at: 0, jitter: 1)
        #expect(verdict == .drop(reason: "refused_413", detail: "too big"))
        #expect(state.step(head: batch, at: 0) == .send(batch), "the next one does not wait for it")
    }

    @Test func failuresWaitExponentiallyLongerUpToALimit() {
        var state = UploadState()
        var now: Int64 = 0
        var delays: [Int64] = []
        for _ in 0..<10 {
            guard case .keep(let delay, _) = state.finish(.failed(reason: "", retryAfter: nil), at: now, jitter: 1)
            else {
                Issue.record("a failure is not kept")
                return
            }
            #expect(state.step(head: batch, at: now + delay - 1) == .wait(until: now + delay))
            now += delay
            #expect(state.step(head: batch, at: now) == .send(batch))
            delays.append(delay / 1_000_000)
        }
        #expect(delays == [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000])
    }

    @Test func jitterIsBetweenHalfAndAll() {
        var random = SeededRandom()
        for _ in 0..<1000 {
            var state = UploadState()
            let jitter = Double.random(in: 0...1, using: &random)
            guard case .keep(let delay, _) = state.finish(.failed(reason: "", retryAfter: nil), at: 0, jitter: jitter)
            else {
                Issue.record("a failure is not kept")
                return
            }
            #expect((250_000_000...500_000_000).contains(delay), "seed \(random.seed)")
        }
    }

    @Test func aSuccessForgetsTheFailures() {
        var state = UploadState()
        for _ in 0..<5 { _ = state.finish(.failed(reason: "", retryAfter: nil), at: 0, jitter: 1) }
        _ = state.finish(.acknowledged(Acknowledgement(outcome: .applied, nextSequence: 2)), at: 0, jitter: 1)
        #expect(state.failures == 0)
        #expect(
            state.finish(.failed(reason: "r", retryAfter: nil), at: 0, jitter: 1)
                == .keep(delay: 500_000_000, reason: "r")
        )
    }

    @Test func retryAfterIsHonouredAndIsAFloorOnly() {
        var state = UploadState()
        let later = UploadAnswer.failed(reason: "", retryAfter: .seconds(7))
        #expect(state.finish(later, at: 0, jitter: 0) == .keep(delay: 7 * second, reason: ""))
        #expect(state.step(head: batch, at: 7 * second - 1) == .wait(until: 7 * second))
        for _ in 0..<8 { _ = state.finish(later, at: 0, jitter: 1) }
        #expect(state.finish(later, at: 0, jitter: 1) == .keep(delay: 30 * second, reason: ""))
    }

    @Test func closingStopsTheWaitAndKeepsItShort() {
        var state = UploadState()
        for _ in 0..<8 { _ = state.finish(.failed(reason: "", retryAfter: .seconds(100)), at: 0, jitter: 1) }
        state.beginClosing()
        #expect(state.step(head: batch, at: 1) == .send(batch))
        _ = state.finish(.failed(reason: "", retryAfter: .seconds(100)), at: 1, jitter: 1)
        state.beginClosing()
        #expect(state.step(head: batch, at: 1) == .wait(until: 500_000_001), "only the first call skips the wait")
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

    @Test(arguments: [201, 204, 301, 401, 403, 404, 408, 411, 429, 500, 502, 503, 504])
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
    /// A batch without flows.
    static func test(sequence: UInt64, bytes: UInt64 = 0) -> PackedBatch {
        var batch = FlowBatch(
            source: AgentIdentity.test.source,
            sequence: sequence,
            interval: Interval(start: newYear, end: newYear + second)
        )
        if bytes > 0 { batch.losses = [Loss(reason: "map_full", counters: FlowCounters(egressBytes: bytes))] }
        do {
            return try PackedBatch(batch)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
