// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Classifier

@Suite struct TokenReviewsTests {
    private let clock = ManualClock(seconds: TestClassifier.start)
    private let agent = "system:serviceaccount:netledger:netledger-agent"

    @Test func anAnswerIsRememberedForAWhile() async throws {
        let token = FakeReviewer.token()
        let reviewer = FakeReviewer([token: .user(username: agent, node: "node-1")])
        let reviews = TokenReviews(reviewer, clock: clock.wall)
        for _ in 0..<5 {
            let answer = try await reviews.review(token, audience: "netledger")
            #expect(answer == .user(username: agent, node: "node-1"))
            #expect(answer.serviceAccount == "netledger/netledger-agent")
        }
        #expect(reviewer.count == 1)
        clock.advance(seconds: TokenReviews.lifetime)
        _ = try await reviews.review(token, audience: "netledger")
        #expect(reviewer.count == 2)
    }

    @Test func anAnswerEndsWithItsToken() async throws {
        let token = FakeReviewer.token(expires: TestClassifier.start + 5)
        let reviewer = FakeReviewer([token: .user(username: agent, node: nil)])
        let reviews = TokenReviews(reviewer, clock: clock.wall)
        #expect(try await reviews.review(token, audience: "netledger") != .refused)
        clock.advance(seconds: 5)
        #expect(try await reviews.review(token, audience: "netledger") == .refused)
        #expect(reviewer.count == 1)
    }

    @Test func whatCannotBeGoodIsNotAskedAbout() async throws {
        let reviewer = FakeReviewer([:])
        let reviews = TokenReviews(reviewer, clock: clock.wall)
        for token in [
            FakeReviewer.token(audience: "vault"), FakeReviewer.token(expires: TestClassifier.start), "opaque", "a.b.c",
            "..", FakeReviewer.token(audience: "netledger2"),
        ] {
            #expect(try await reviews.review(token, audience: "netledger") == .refused, "\(token)")
        }
        #expect(reviewer.count == 0)
        #expect(reviews.kept == 0)
    }

    @Test func theClaimsOfAGoodTokenNameItsNode() async throws {
        let token = FakeReviewer.token(node: "node-7")
        let reviewer = FakeReviewer([token: .user(username: agent, node: nil)])
        let answer = try await TokenReviews(reviewer, clock: clock.wall).review(token, audience: "netledger")
        #expect(answer == .user(username: agent, node: "node-7"))
    }

    @Test func theSameTokenIsAskedAboutOnceAtATime() async throws {
        let token = FakeReviewer.token()
        let reviewer = FakeReviewer([token: .user(username: agent, node: "n")])
        let reviews = TokenReviews(reviewer, clock: clock.wall)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { _ = try await reviews.review(token, audience: "netledger") } }
            try await group.waitForAll()
        }
        #expect(reviewer.count == 1)
    }

    @Test func aFloodOfTokensIsNotKept() async throws {
        let reviewer = FakeReviewer([:])
        let reviews = TokenReviews(reviewer, clock: clock.wall)
        for index in 0..<(TokenReviews.mostKept + 100) {
            let token = FakeReviewer.token(signature: "s\(index)")
            #expect(try await reviews.review(token, audience: "netledger") == .refused)
        }
        #expect(reviews.kept == TokenReviews.mostKept)
    }

    @Test func aFailureIsNotRemembered() async throws {
        let reviewer = FakeReviewer([:])
        reviewer.disappear()
        let reviews = TokenReviews(reviewer, clock: clock.wall)
        for _ in 0..<2 {
            await #expect(throws: FakeReviewer.Unreachable.self) {
                try await reviews.review(FakeReviewer.token(), audience: "netledger")
            }
        }
        #expect(reviewer.count == 2)
        #expect(reviews.kept == 0)
    }
}
