// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import Settings
import Synchronization

/// Bounds what questions may cost: how many run at once, how long each may, and how long its answer may be fetched.
///
/// A question counts until its answer is sent or given up: what is read while it is sent keeps memory, and a snapshot of
/// the ledger, for as long. Ingest does not wait for them: a batch is a report, and is not counted here.
final class QueryLimits: Sendable {
    /// What is asked for.
    enum Kind: Hashable, Sendable {
        /// An answer from the ledger.
        case question
        /// A copy of the whole ledger, which takes as long as the ledger is large.
        case copy

        /// How many run at the same time; more are told to come back.
        var mostAtOnce: Int {
            self == .question ? 64 : 1
        }

        /// How long an answer may be fetched: even a slow line is done by then.
        fileprivate var longest: Duration {
            .seconds(self == .question ? 900 : 6 * 3600)
        }
    }

    /// One of those that run; it makes room for another when nobody refers to it any more.
    private final class Place: Sendable {
        private let limits: QueryLimits
        private let kind: Kind

        /// Takes a place; `nil` if there is none.
        init?(in limits: QueryLimits, _ kind: Kind) {
            self.limits = limits
            self.kind = kind
            let isTaken = limits.running.withLock { running in
                guard running[kind, default: 0] < kind.mostAtOnce else { return false }
                running[kind, default: 0] += 1
                return true
            }
            guard isTaken else { return nil }
        }

        deinit {
            limits.running.withLock { $0[kind, default: 0] -= 1 }
        }
    }

    /// How long a question may take until its answer begins.
    let timeout: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let running = Mutex<[Kind: Int]>([:])

    /// Limits with this time for each question; `now` is the clock for how long answers are fetched.
    init(timeout: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        self.timeout = timeout
        self.now = now
    }

    /// Answers a question with `answer`, which is cancelled when its time is over.
    ///
    /// - Throws: A problem of status 503, and what `answer` throws.
    func run(_ kind: Kind = .question, _ answer: @escaping @Sendable () async throws -> Response) async throws
        -> Response
    {
        guard let place = Place(in: self, kind) else { throw busy(kind) }
        var response = kind == .copy ? try await answer() : try await inTime(answer)
        let (body, end, now) = (response.body, now() + kind.longest, now)
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            try await body.write(TimedWriter(base: writer, end: end, now: now))
            withExtendedLifetime(place) {}
        }
        return response
    }

    private func inTime(_ answer: @escaping @Sendable () async throws -> Response) async throws -> Response {
        let timeout = timeout
        return try await withThrowingTaskGroup(of: Response?.self) { group in
            group.addTask { try await answer() }
            group.addTask {
                // Cancelled once there is an answer.
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() ?? nil else {
                throw RequestProblem(
                    .serviceUnavailable,
                    "The answer took longer than \(timeout.settingText), the classifier's --query-timeout. Ask for a shorter "
                        + "range, fewer groups or a larger step."
                )
            }
            return response
        }
    }

    private func busy(_ kind: Kind) -> RequestProblem {
        switch kind {
        case .question:
            RequestProblem(
                .serviceUnavailable,
                "\(kind.mostAtOnce) questions are being answered already. Ask again in a moment.",
                headers: [.retryAfter: "1"]
            )
        case .copy:
            RequestProblem(
                .serviceUnavailable,
                "A copy of the ledger is being made or fetched already. Ask again when it is done.",
                headers: [.retryAfter: "60"]
            )
        }
    }
}

/// The answer was not fetched in time; the connection ends without the end of the body.
struct FetchTimeout: Error {}

/// Writes to `base` until `end`.
private struct TimedWriter: ResponseBodyWriter {
    var base: any ResponseBodyWriter
    let end: ContinuousClock.Instant
    let now: @Sendable () -> ContinuousClock.Instant

    @concurrent mutating func write(_ buffer: ByteBuffer) async throws {
        guard now() < end else { throw FetchTimeout() }
        try await base.write(buffer)
    }

    @concurrent consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await base.finish(trailingHeaders)
    }
}
