// SPDX-License-Identifier: Apache-2.0

/// How a cluster's API server is reached, trusted and convinced.
public struct ClusterCredentials: Sendable {
    /// The server's URL, without a slash at its end.
    public let server: String
}
