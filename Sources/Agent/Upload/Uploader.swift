// SPDX-License-Identifier: Apache-2.0
import Logging
import Wire

/// Empties the queue into the classifier, one batch at a time and in order.
struct Uploader: Sendable {
    let queue: any BatchQueue
    let transport: any BatchTransport
    let clock: any SamplingClock
    let counters: AgentCounters
    let logger: Logger

    /// Longest sleep before it looks again whether the queue was closed, in nanoseconds.
    private static let slice: Int64 = 200_000_000

    /// Runs until the queue is closed and empty, or the task is cancelled.
    func run() async {
        var state = UploadState()
        var signals = queue.signals.makeAsyncIterator()
        while !Task.isCancelled {
            // Asked first: what is appended before the queue is closed is seen below.
            let isClosed = queue.isClosed
            if isClosed { state.beginClosing() }
            switch state.step(head: queue.first(), at: clock.now()) {
            case .idle where isClosed:
                return
            case .idle:
                await signals.next()
            case .wait(let time):
                do {
                    try await clock.sleep(until: min(time, clock.now() + Self.slice))
                } catch {
                    return  // only cancellation ends a sleep early
                }
            case .send(let batch):
                let answer = await transport.send(batch.bytes)
                // A failure because time is up tells nothing about the classifier.
                if case .failed = answer, Task.isCancelled { return }
                apply(state.finish(answer, at: clock.now(), jitter: .random(in: 0...1)), to: batch, state)
            }
        }
    }

    private func apply(_ verdict: UploadState.Verdict, to batch: PackedBatch, _ state: UploadState) {
        switch verdict {
        case .release(let outcome):
            queue.release()
            counters.update { $0.sent(batch, isDuplicate: outcome == .duplicate) }
        case .drop(let reason, let detail):
            queue.refuse(reason: reason)
            counters.update { $0.refused(batch, reason: reason) }
            logger.error(
                "The classifier refused a batch for good; its bytes are booked as lost",
                metadata: [
                    "reason": "\(reason)", "detail": "\(detail)", "sequence": "\(batch.sequence)",
                    "bytes": "\(batch.fresh.bytes)",
                ]
            )
        case .keep(let delay, let reason):
            counters.update { $0.retries += 1 }
            // An outage is told once, when it begins; each further attempt is for who asks.
            logger.log(
                level: state.failures == 1 ? .warning : .debug,
                "A batch could not be delivered and will be sent again",
                metadata: [
                    "reason": "\(reason)", "sequence": "\(batch.sequence)", "delay_ms": "\(delay / 1_000_000)",
                    "failures": "\(state.failures)",
                ]
            )
        }
    }
}
