// SPDX-License-Identifier: Apache-2.0
import Wire

/// Decides what the uploader does next; it does no I/O and asks for no time.
///
/// One batch is in flight, the oldest. Failures wait for exponentially longer, with jitter so that a thousand
/// agents do not come back in the same second.
struct UploadState: Sendable {
    /// What to do next.
    enum Step: Hashable, Sendable {
        /// Send this batch, then tell the answer to ``UploadState/finish(_:at:jitter:)``.
        case send(PackedBatch)
        /// Nothing before this time, in the clock's nanoseconds.
        case wait(until: Int64)
        /// Nothing before a batch is appended.
        case idle
    }

    /// What became of the batch that was sent.
    enum Verdict: Hashable, Sendable {
        /// It is booked; forget it.
        case release(Acknowledgement.Outcome)
        /// It will never be booked; count it as lost for this reason.
        case drop(reason: String, detail: String)
        /// Keep it; it is sent again after this many nanoseconds.
        case keep(delay: Int64, reason: String)
    }

    /// Wait after the first failure, in nanoseconds, before jitter.
    var shortest: Int64 = 500_000_000
    /// Longest wait that failures alone lead to, in nanoseconds.
    var longest: Int64 = 30_000_000_000

    /// Failures since the last success.
    private(set) var failures = 0

    private var notBefore = Int64.min
    private var isClosing = false

    /// Nothing sent, nothing failed.
    init() {}

    /// What to do at `now`, in the clock's nanoseconds, with `head` the oldest batch.
    func step(head: PackedBatch?, at now: Int64) -> Step {
        guard let head else { return .idle }
        return now < notBefore ? .wait(until: notBefore) : .send(head)
    }

    /// Takes the answer to the batch that was sent.
    ///
    /// - Parameter jitter: A random number in 0...1.
    mutating func finish(_ answer: UploadAnswer, at now: Int64, jitter: Double) -> Verdict {
        switch answer {
        case .acknowledged(let acknowledgement):
            failures = 0
            return .release(acknowledgement.outcome)
        case .refused(let status, let detail):
            failures = 0
            return .drop(reason: "refused_\(status)", detail: detail)
        case .failed(let reason, let retryAfter):
            let doublings = min(failures, 30)
            failures += 1
            let backoff = min(longest, shortest << doublings)
            // Between half of it and all of it.
            var delay = backoff / 2 + Int64(Double(backoff / 2) * min(max(jitter, 0), 1))
            if isClosing {
                delay = min(delay, shortest)
            } else if let retryAfter {
                let (seconds, attoseconds) = retryAfter.components
                delay = max(delay, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
            }
            notBefore = now + delay
            return .keep(delay: delay, reason: reason)
        }
    }

    /// From now on there is little time: stops waiting, and retries at the shortest distance.
    mutating func beginClosing() {
        guard !isClosing else { return }
        isClosing = true
        failures = 0
        notBefore = .min
    }
}
