// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Answers of the API server about tokens, remembered for a while.
///
/// An agent sends the same token with each batch, for an hour; so a token is asked about once in ``lifetime``. At most
/// ``mostAtOnce`` are asked about at the same time, and at most ``mostKept`` answers are remembered, so a flood of
/// made-up tokens costs neither the API server nor the memory more than that.
final class TokenReviews: Sendable {
    /// Too many tokens are being asked about.
    struct Busy: Error {}

    /// Seconds that a good answer is believed: how long a withdrawn token still works.
    static let lifetime: Int64 = 60
    /// Seconds that a bad answer is believed.
    static let badLifetime: Int64 = 10
    /// Answers that are remembered.
    static let mostKept = 16_384
    /// Tokens that are asked about at the same time.
    static let mostAtOnce = 16

    private struct Answer: Sendable {
        var token: ReviewedToken
        var until: Int64
    }

    /// Where an answer comes from.
    private enum Source: Sendable {
        case known(ReviewedToken)
        case asking(Task<ReviewedToken, any Error>)
    }

    private struct State: Sendable {
        var answers: [SHA256Digest: Answer] = [:]
        /// The keys of ``answers``, the oldest first, and no longer present ones among them.
        var order: [SHA256Digest] = []
        var oldest = 0
        var asking: [SHA256Digest: Task<ReviewedToken, any Error>] = [:]
    }

    private let reviewer: any TokenReviewer
    private let clock: WallClock
    private let state = Mutex(State())

    /// Answers of `reviewer`.
    init(_ reviewer: any TokenReviewer, clock: WallClock) {
        self.reviewer = reviewer
        self.clock = clock
    }

    /// Answers that are remembered now.
    var kept: Int {
        state.withLock { $0.answers.count }
    }

    /// Whose `token` is, which must be made for `audience`.
    ///
    /// - Throws: ``Busy``, or the reviewer's error.
    func review(_ token: String, audience: String) async throws -> ReviewedToken {
        let now = clock.seconds
        guard let claims = TokenClaims(token), claims.audiences.contains(audience), claims.expires ?? .max > now else {
            return .refused
        }
        let digest = SHA256Digest(of: "\(audience)\u{0}\(token)".utf8)
        let source = try state.withLock { state -> Source in
            if let answer = state.answers[digest], answer.until > now { return .known(answer.token) }
            if let task = state.asking[digest] { return .asking(task) }
            guard state.asking.count < Self.mostAtOnce else { throw Busy() }
            let task = Task { [reviewer] in
                let answer = try await reviewer.review(token, audiences: [audience])
                // Who signed the token has vouched for its claims, too.
                guard case .user(let username, nil) = answer else { return answer }
                return .user(username: username, node: claims.node)
            }
            state.asking[digest] = task
            return .asking(task)
        }
        switch source {
        case .known(let answer): return answer
        case .asking(let task):
            let result = await task.result
            remember(result, for: digest, expires: claims.expires ?? .max)
            return try result.get()
        }
    }

    private func remember(_ result: Result<ReviewedToken, any Error>, for digest: SHA256Digest, expires: Int64) {
        let now = clock.seconds
        state.withLock { state in
            state.asking[digest] = nil
            guard case .success(let token) = result else { return }
            let life = token == .refused ? Self.badLifetime : Self.lifetime
            if state.answers.updateValue(Answer(token: token, until: min(now + life, expires)), forKey: digest) == nil {
                state.order.append(digest)
            }
            while state.answers.count > Self.mostKept {
                state.answers[state.order[state.oldest]] = nil
                state.oldest += 1
            }
            if state.oldest > state.order.count / 2 {
                state.order.removeSubrange(..<state.oldest)
                state.oldest = 0
            }
        }
    }
}
