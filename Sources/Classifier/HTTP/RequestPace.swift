// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// How long a client may take for each part of what it does; does no I/O and asks for no time.
///
/// A time runs only while the client is the one who is waited for: while the classifier answers, none does.
struct RequestPace {
    /// The times, and what may be sent in vain.
    struct Limits: Hashable, Sendable {
        /// From the connection, or the first byte of a request, to the end of its header; a TLS handshake included.
        var header = TimeAmount.seconds(10)
        /// From the header to the end of the body.
        var body = TimeAmount.seconds(60)
        /// For the rest of a body that was answered before its end.
        var rest = TimeAmount.seconds(10)
        /// Bytes of that rest: enough for a client that only reads the answer once it has sent everything.
        var restBytes = 64 << 20
        /// Between two requests: longer than any agent's interval, so that its connection stays.
        var idle = TimeAmount.seconds(90)
        /// Without taking any of the answer.
        var answer = TimeAmount.seconds(60)
    }

    private enum Reading {
        /// Between requests.
        case nothing
        case header(since: NIODeadline)
        case body(since: NIODeadline)
        /// A body whose request is answered.
        case rest(since: NIODeadline, bytes: Int)
    }

    let limits: Limits
    private var reading: Reading
    /// Requests whose answer is not complete.
    private(set) var unanswered = 0
    private var idleSince: NIODeadline
    private var blockedSince: NIODeadline?

    /// A connection that opened at `now`.
    init(limits: Limits, at now: NIODeadline) {
        self.limits = limits
        reading = .header(since: now)
        idleSince = now
    }

    /// When the client has taken too long, unless something happens before; `nil` while it is not waited for.
    var deadline: NIODeadline? {
        var deadlines: [NIODeadline] = []
        if let blockedSince { deadlines.append(blockedSince + limits.answer) }
        switch reading {
        case .nothing where unanswered == 0: deadlines.append(idleSince + limits.idle)
        case .header(let since) where unanswered == 0: deadlines.append(since + limits.header)
        case .body(let since) where unanswered == 1: deadlines.append(since + limits.body)
        case .rest(let since, _): deadlines.append(since + limits.rest)
        case .nothing, .header, .body: break
        }
        return deadlines.min()
    }

    /// Bytes have come.
    mutating func received(at now: NIODeadline) {
        if case .nothing = reading { reading = .header(since: now) }
    }

    /// A request's header is complete.
    mutating func receivedHeader(at now: NIODeadline) {
        reading = .body(since: now)
        unanswered += 1
    }

    /// `bytes` of a body have come.
    ///
    /// - Returns: False if that is more than will be passed over.
    mutating func receivedBody(_ bytes: Int) -> Bool {
        guard case .rest(let since, let before) = reading else { return true }
        reading = .rest(since: since, bytes: before + bytes)
        return before + bytes <= limits.restBytes
    }

    /// A request's body is complete.
    mutating func receivedEnd(at now: NIODeadline) {
        reading = .nothing
        if unanswered == 0 { idleSince = now }
    }

    /// An answer is complete.
    mutating func answered(at now: NIODeadline) {
        unanswered = max(0, unanswered - 1)
        switch reading {
        case .nothing: idleSince = now
        // What came behind the request that is answered was not read meanwhile.
        case .header: reading = .header(since: now)
        case .body: reading = unanswered == 0 ? .rest(since: now, bytes: 0) : .body(since: now)
        case .rest: break
        }
    }

    /// The client has begun, or ceased, to take the answer.
    mutating func canWrite(_ isWritable: Bool, at now: NIODeadline) {
        blockedSince = isWritable ? nil : blockedSince ?? now
    }
}
