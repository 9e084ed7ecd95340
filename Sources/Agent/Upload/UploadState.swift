// SPDX-License-Identifier: Apache-2.0
import Wire

/// Decides what the uploader does next; it does no I/O and asks for no time.
///
/// One request is in flight, with the oldest batches; only one that is refused makes it send them one by one, to find
/// which is meant. Failures wait for exponentially longer, with jitter so that a thousand
/// agents do not come back in the same second.
struct UploadState: Sendable {
    /// What to do next.
    enum Step: Hashable, Sendable {
        /// Send this, then tell the answer to ``UploadState/finish(_:of:at:jitter:)``.
        case send(Shipment)
        /// Nothing before this time, in the clock's nanoseconds.
        case wait(until: Int64)
        /// Nothing before a batch is appended.
        case idle
    }

    /// What became of the shipment that was sent.
    enum Verdict: Hashable, Sendable {
        /// Its batches up to this sequence are booked, so many of them by this request; forget them.
        case release(through: UInt64, applied: UInt64)
        /// The ledger lacks what stands before it, from this sequence on.
        case rewind(to: UInt64)
        /// One of its batches is not taken; send them one by one.
        case narrow(detail: String)
        /// Its only batch will never be booked; report it as lost for this reason.
        case drop(reason: String, detail: String)
        /// Keep it; it is sent again after this many nanoseconds.
        case keep(delay: Int64, reason: String)
    }

    /// Wait after the first failure, in nanoseconds, before jitter.
    var shortest: Int64 = 500_000_000
    /// Longest wait that failures alone lead to, in nanoseconds.
    var longest: Int64 = 30_000_000_000

    /// How large the next shipment may be.
    private(set) var limit = Shipment.Limit()
    /// Failures since the last success.
    private(set) var failures = 0

    private var notBefore = Int64.min
    private var isClosing = false

    /// Nothing sent, nothing failed.
    init() {}

    /// What to do at `now`, in the clock's nanoseconds, with `next` the oldest batches.
    func step(next: Shipment?, at now: Int64) -> Step {
        guard let next else { return .idle }
        return now < notBefore ? .wait(until: notBefore) : .send(next)
    }

    /// Takes the answer to the shipment that was sent.
    ///
    /// - Parameter jitter: A random number in 0...1.
    mutating func finish(_ answer: UploadAnswer, of shipment: Shipment, at now: Int64, jitter: Double) -> Verdict {
        switch answer {
        case .acknowledged(let answer) where answer.nextSequence > shipment.first:
            failures = 0
            limit.batches = min(Shipment.Limit().batches, limit.batches * 2)
            return .release(through: min(answer.nextSequence - 1, shipment.last), applied: answer.applied)
        case .acknowledged(let answer) where answer.outcome == .gap && shipment.after > 0:
            failures = 0
            return .rewind(to: answer.nextSequence)
        case .acknowledged(let answer):
            return keep("the classifier wants batch \(answer.nextSequence) and booked nothing", nil, at: now, jitter)
        case .refused(_, let detail) where shipment.batches.count > 1:
            limit.batches = 1
            return .narrow(detail: detail)
        case .refused(let status, let detail):
            failures = 0
            return .drop(reason: "refused_\(status)", detail: detail)
        case .failed(let reason, let retryAfter):
            return keep(reason, retryAfter, at: now, jitter)
        }
    }

    private mutating func keep(_ reason: String, _ retryAfter: Duration?, at now: Int64, _ jitter: Double) -> Verdict {
        let jitter = min(max(jitter, 0), 1)
        let doublings = min(failures, 30)
        failures += 1
        let backoff = min(longest, shortest << doublings)
        // Between half of it and all of it.
        var delay = backoff / 2 + Int64(Double(backoff / 2) * jitter)
        if isClosing {
            delay = min(delay, shortest)
        } else if let retryAfter {
            // Everybody was told the same time, and should not come at once.
            let (seconds, attoseconds) = retryAfter.components
            let told = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
            delay = max(delay, told + Int64(Double(told / 4) * jitter))
        }
        notBefore = now + delay
        return .keep(delay: delay, reason: reason)
    }

    /// From now on there is little time: stops waiting, and retries at the shortest distance.
    mutating func beginClosing() {
        guard !isClosing else { return }
        isClosing = true
        failures = 0
        notBefore = .min
    }
}
