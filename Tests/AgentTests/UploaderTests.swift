// SPDX-License-Identifier: Apache-2.0
import Logging
import Synchronization
import Testing
import Traffic
import Wire

@testable import Agent

struct UploaderTests {
    /// Answers in the order of a script, and with success after it.
    final class Script: BatchTransport {
        private let state: Mutex<(answers: [UploadAnswer], sent: [[UInt64]])>

        init(_ answers: [UploadAnswer]) {
            state = Mutex((answers, []))
        }

        /// Sequences of each request, in the order in which they were sent.
        var sent: [[UInt64]] {
            state.withLock { $0.sent }
        }

        func send(_ body: [UInt8]) async -> UploadAnswer {
            do {
                let sequences = try Delivery(encoded: body).batches.map(\.sequence)
                return state.withLock { state in
                    state.sent.append(sequences)
                    guard state.answers.isEmpty else { return state.answers.removeFirst() }
                    return .acknowledged(
                        Acknowledgement(
                            outcome: .applied,
                            nextSequence: (sequences.last ?? 0) + 1,
                            applied: UInt64(sequences.count)
                        )
                    )
                }
            } catch {
                return .refused(status: 400, detail: "\(error)")
            }
        }
    }

    let backlog = Backlog(capacity: 1 << 20)
    let counters = AgentCounters()
    let clock = FakeClock(from: 0, to: .max)

    private func uploader(_ script: Script) -> Uploader {
        Uploader(
            queue: backlog,
            transport: script,
            clock: clock,
            counters: counters,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    @Test func deliversInOrderAndEndsWhenClosedAndEmpty() async {
        let script = Script([])
        for sequence in 1...3 as ClosedRange<UInt64> { backlog.append(.test(sequence: sequence, bytes: 5)) }
        backlog.close()
        await uploader(script).run()
        #expect(script.sent == [[1, 2, 3]], "in one request")
        #expect(backlog.use.batches == 0)
        #expect(counters.snapshot.applied == 3 && counters.snapshot.delivered.bytes == 15)
    }

    @Test func retriesUntilItIsTakenAndCountsEverything() async {
        let script = Script([
            .failed(reason: "connection refused", retryAfter: nil), .failed(reason: "503", retryAfter: .seconds(3)),
            .acknowledged(Acknowledgement(outcome: .duplicate, nextSequence: 2)),
            .refused(status: 400, detail: "no"), .refused(status: 400, detail: "no"),
        ])
        for sequence in 1...3 as ClosedRange<UInt64> { backlog.append(.test(sequence: sequence, bytes: 5)) }
        backlog.close()
        await uploader(script).run()
        // The report of the loss has the sequence of what is lost.
        #expect(script.sent == [[1, 2, 3], [1, 2, 3], [1, 2, 3], [2, 3], [2], [2], [3]])
        let values = counters.snapshot
        #expect(values.retries == 2 && values.duplicates == 1 && values.refused == 1 && values.applied == 2)
        #expect(values.lost == ["refused_400": .zero], "it held nothing but a loss, which stays one")
        #expect(values.delivered == FlowCounters(egressBytes: 15) && backlog.remaining.isZero)
    }

    @Test func waitsForBatchesThatComeLater() async {
        let script = Script([])
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await uploader(script).run() }
            group.addTask {
                for sequence in 1...50 as ClosedRange<UInt64> {
                    backlog.append(.test(sequence: sequence))
                    await Task.yield()
                }
                backlog.close()
            }
        }
        #expect(script.sent.flatMap(\.self) == Array(1...50))
    }

    @Test func cancellationLeavesWhatIsNotDelivered() async {
        let script = Script(Array(repeating: .failed(reason: "down", retryAfter: nil), count: 3))
        backlog.append(.test(sequence: 1, bytes: 5))
        let clock = FakeClock(from: 0, to: second)
        let uploader = Uploader(
            queue: backlog,
            transport: script,
            clock: clock,
            counters: counters,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        await uploader.run()
        #expect(backlog.use.batches == 1 && backlog.remaining.bytes == 5)
    }
}
