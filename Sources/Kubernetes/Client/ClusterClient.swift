// SPDX-License-Identifier: Apache-2.0

/// A client of one cluster's API.
///
/// Read next: ``ClusterCredentials`` for how it is reached, ``Follower`` and ``Change`` for what it tells.
public final class ClusterClient: Sendable {
    private let credentials: ClusterCredentials

    /// A client of the cluster that `credentials` lead to; ``shutdown()`` must be called at the end.
    public init(_ credentials: ClusterCredentials) {
        self.credentials = credentials
    }

    /// Follows all objects of a type; nothing is asked of the server before ``Follower/run(_:)``.
    public func follower<Object: ClusterObject>(of type: Object.Type) -> Follower<Object> {
        Follower()
    }

    /// Asks the cluster who presents `token`.
    ///
    /// - Parameter audiences: whom the token must be meant for; one of them is enough.
    /// - Throws: ``ClusterError`` if the server could not be asked. A token that is not valid is no error.
    public func review(token: String, audiences: [String]) async throws -> TokenReview {
        TokenReview(isAuthenticated: false)
    }

    /// Closes the connections.
    public func shutdown() async throws {
    }
}
