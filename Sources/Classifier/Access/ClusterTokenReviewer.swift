// SPDX-License-Identifier: Apache-2.0
import Kubernetes

/// Asks the cluster's API server about tokens.
struct ClusterTokenReviewer: TokenReviewer {
    /// Leads to the API server; its service account needs `create` on `tokenreviews`.
    let client: ClusterClient

    func review(_ token: String, audiences: [String]) async throws -> ReviewedToken {
        let review = try await client.review(token: token, audiences: audiences)
        // A server that does not know audiences names none: it has not looked for whom the token was made.
        guard review.isAuthenticated, !Set(review.audiences).isDisjoint(with: audiences) else { return .refused }
        return .user(username: review.username, node: review.nodeName)
    }
}
