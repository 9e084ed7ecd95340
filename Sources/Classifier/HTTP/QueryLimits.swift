// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import Settings
import Synchronization

/// Bounds what questions may cost: how many run at once, and how long each may.
///
/// Ingest does not wait for them: a batch is a report, and is not counted here.
final class QueryLimits: Sendable {
    /// Questions that run at the same time; more are told to come back.
    static let mostAtOnce = 64

    /// How long a question may take until its answer begins.
    let timeout: Duration
    private let running = Mutex(0)

    /// Limits with this time for each question.
    init(timeout: Duration) {
        self.timeout = timeout
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
        defer { running.withLock { $0 -= 1 } }
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
}
