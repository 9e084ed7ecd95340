// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Ends what reads from a server that has become silent.
final class SilenceTimer: Sendable {
    private struct State {
        var deadline: ContinuousClock.Instant
        var limit: Duration
        var isPaused = false
    }

    /// Between looks at the deadline, which may move nearer, at most this time passes.
    private static let longestSleep = Duration.seconds(10)

    private let state: Mutex<State>

    private init(limit: Duration) {
        state = Mutex(State(deadline: .now + limit, limit: limit))
    }

    /// Runs `body` until it ends, or until the server was silent for longer than allowed.
    ///
    /// - Throws: what `body` throws; ``RequestFailure/silence(_:)``.
    static func run<Value: Sendable>(
        limit: Duration,
        _ body: @escaping @Sendable (SilenceTimer) async throws -> Value
    ) async throws -> Value {
        let timer = SilenceTimer(limit: limit)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body(timer) }
            group.addTask {
                try await timer.expire()
                return nil
            }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    /// The server said something; from now it may be silent for `limit`.
    func heard(limit: Duration) {
        state.withLock { state in
            state.deadline = .now + limit
            state.limit = limit
            state.isPaused = false
        }
    }

    /// What the server says is not read for a while, which is not its fault; until ``heard(limit:)``.
    func pause() {
        state.withLock { $0.isPaused = true }
    }

    private func expire() async throws {
        while true {
            let (remaining, limit) = state.withLock { state in
                (state.isPaused ? state.limit : state.deadline - .now, state.limit)
            }
            guard remaining > .zero else { throw RequestFailure.silence(limit) }
            try await Task.sleep(for: min(remaining, Self.longestSleep))
        }
    }
}
