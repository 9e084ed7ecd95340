// SPDX-License-Identifier: Apache-2.0

/// What the cluster says about a token that somebody presented.
public struct TokenReview: Hashable, Sendable {
    /// True if the token is valid, now and for one of the audiences asked for.
    public let isAuthenticated: Bool
    /// The name of the token's user, such as `system:serviceaccount:netledger:netledger-agent`; empty if there is none.
    public let username: String
    /// The groups that the user is in.
    public let groups: [String]
    /// What else the cluster knows of the token, by key.
    public let extra: [String: [String]]
    /// Those of the audiences asked for that the token is meant for.
    ///
    /// Empty if the server does not know audiences: then a valid token says nothing about who it was meant for.
    public let audiences: [String]
    /// Why the token could not be checked; `nil` if it could, or if the server gives no reason.
    public let error: String?

    /// The node that runs the pod which the token was issued to; servers before Kubernetes 1.32 may not tell.
    public var nodeName: String? { extra["authentication.kubernetes.io/node-name"]?.first }
    /// The name of the pod that the token was issued to.
    public var podName: String? { extra["authentication.kubernetes.io/pod-name"]?.first }
    /// The identity of the pod that the token was issued to.
    public var podUID: String? { extra["authentication.kubernetes.io/pod-uid"]?.first }

    /// A review of these values.
    public init(
        isAuthenticated: Bool,
        username: String = "",
        groups: [String] = [],
        extra: [String: [String]] = [:],
        audiences: [String] = [],
        error: String? = nil
    ) {
        self.isAuthenticated = isAuthenticated
        self.username = username
        self.groups = groups
        self.extra = extra
        self.audiences = audiences
        self.error = error
    }
}
