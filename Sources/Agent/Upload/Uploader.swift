// SPDX-License-Identifier: Apache-2.0
import Logging
import Wire

/// Empties the queue into the classifier, one request at a time and in order.
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
            switch state.step(next: queue.next(state.limit), at: clock.now()) {
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
            case .send(let shipment):
                let answer = await send(shipment)
                // A failure because time is up tells nothing about the classifier.
                if case .failed = answer, Task.isCancelled { return }
                let verdict = state.finish(answer, of: shipment, at: clock.now(), jitter: .random(in: 0...1))
                apply(verdict, to: shipment, state)
            }
        }
    }

    private func send(_ shipment: Shipment) async -> UploadAnswer {
        do {
            return await transport.send(try shipment.body(at: clock.now()))
        } catch {
            return .failed(reason: "\(error)", retryAfter: nil)
        }
    }

    private func apply(_ verdict: UploadState.Verdict, to shipment: Shipment, _ state: UploadState) {
        guard let batch = shipment.batches.first else { return }
        switch verdict {
        case .release(let sequence, let applied):
            queue.release(through: sequence, of: batch.source)
            counters.update { $0.sent(shipment.batches.filter { $0.sequence <= sequence }, applied: applied) }
        case .rewind(let sequence):
            queue.rewind(to: sequence, of: batch.source)
            counters.update { $0.rewinds += 1 }
            logger.warning(
                "The classifier's ledger lacks batches that it had acknowledged; those that are still here are sent again",
                metadata: ["wanted": "\(sequence)", "sequence": "\(batch.sequence)"]
            )
        case .narrow(let detail):
            logger.notice(
                "The classifier refused a delivery; its batches are sent one by one to find which is meant",
                metadata: ["detail": "\(detail)", "batches": "\(shipment.batches.count)"]
            )
        case .drop(let reason, let detail):
            queue.refuse(reason: reason)
            counters.update { $0.refused(batch, reason: reason) }
            logger.error(
                "The classifier refused a batch for good; its bytes are booked as lost",
                metadata: [
                    "reason": "\(reason)", "detail": "\(detail)", "sequence": "\(batch.sequence)",
                    "bytes": "\(batch.totals.bytes)",
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
