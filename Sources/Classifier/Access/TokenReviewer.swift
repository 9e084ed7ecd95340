// SPDX-License-Identifier: Apache-2.0

/// Asks Kubernetes whose a token is.
protocol TokenReviewer: Sendable {
    /// What the API server says of `token`, which must be made for one of `audiences`.
    ///
    /// - Throws: Any error if the API server did not answer.
    func review(_ token: String, audiences: [String]) async throws -> ReviewedToken
}

/// What an API server says of a token.
enum ReviewedToken: Hashable, Sendable {
    /// It is no valid token, or made for somebody else.
    case refused
    /// It is this user's.
    ///
    /// - Parameters:
    ///   - username: For instance `system:serviceaccount:netledger:netledger-agent`.
    ///   - node: The node whose pod has the token; `nil` if nothing says so.
    case user(username: String, node: String?)

    /// The service account, as `namespace/name`; `nil` for other users.
    var serviceAccount: String? {
        guard case .user(let username, _) = self, username.hasPrefix("system:serviceaccount:") else { return nil }
        let parts = username.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 4 ? "\(parts[2])/\(parts[3])" : nil
    }
}
