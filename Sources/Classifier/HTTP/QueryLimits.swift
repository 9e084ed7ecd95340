// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import Settings
import Synchronization

/// Bounds what questions may cost: how many run at once, and how long each may.
///
/// A question runs until the last of its answer is sent, or its client has gone: one that is fetched slowly counts too.
/// Ingest does not wait for them: a batch is a report, and is not counted here.
final class QueryLimits: Sendable {
    /// Questions that run at the same time; more are told to come back.
    static let mostAtOnce = 64

    /// How long a question may take until its answer begins.
    let timeout: Duration
    /// How long an answer may take from its beginning to its end.
    let longestAnswer: Duration
    private let running = Mutex(0)

    /// Limits with this time for each question.
    init(timeout: Duration, longestAnswer: Duration = .seconds(900)) {
        self.timeout = timeout
        self.longestAnswer = longestAnswer
    }

    /// Questions that run now.
    var count: Int {
        running.withLock { $0 }
    }

    /// Answers a question with `answer`, which is cancelled when its time is over.
    ///
    /// - Throws: A problem of status 503, and what `answer` throws.
    func run(_ answer: @escaping @Sendable () async throws -> Response) async throws -> Response {
        let isTaken = running.withLock { running in
            guard running < Self.mostAtOnce else { return false }
            running += 1
            return true
        }
        guard isTaken else {
            throw RequestProblem(
                .serviceUnavailable,
                "\(Self.mostAtOnce) questions are being answered already. Ask again in a moment.",
                headers: [.retryAfter: "1"]
            )
        }
        let place = Place(self)
        let timeout = timeout
        let response = try await withThrowingTaskGroup(of: Response?.self) { group in
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
        return limited(response, place)
    }

    /// `response`, whose question runs until its body is written or dropped.
    private func limited(_ response: Response, _ place: Place) -> Response {
        var response = response
        let body = response.body
        let longest = longestAnswer
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            defer { place.leave() }
            try await body.write(TimedWriter(writer: writer, longest: longest))
        }
        return response
    }

    /// Counts one question for as long as it exists, or until it leaves.
    private final class Place: Sendable {
        private let limits: QueryLimits
        private let isHeld = Mutex(true)

        init(_ limits: QueryLimits) {
            self.limits = limits
        }

        deinit {
            leave()
        }

        func leave() {
            let wasHeld = isHeld.withLock { held in
                defer { held = false }
                return held
            }
            if wasHeld { limits.running.withLock { $0 -= 1 } }
        }
    }
}

/// Writes until its time is over.
private struct TimedWriter: ResponseBodyWriter {
    private var writer: any ResponseBodyWriter
    private let longest: Duration
    private let end: ContinuousClock.Instant

    init(writer: any ResponseBodyWriter, longest: Duration) {
        self.writer = writer
        self.longest = longest
        end = .now + longest
    }

    @concurrent mutating func write(_ buffer: ByteBuffer) async throws {
        guard .now < end else { throw AnswerTimeout(longest: longest) }
        try await writer.write(buffer)
    }

    @concurrent consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await writer.finish(trailingHeaders)
    }
}

/// An answer took too long to send, and was broken off.
struct AnswerTimeout: Error, CustomStringConvertible {
    /// How long it may take.
    let longest: Duration

    var description: String {
        "sending the answer took longer than \(longest)"
    }
}
