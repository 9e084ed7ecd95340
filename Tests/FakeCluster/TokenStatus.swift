// SPDX-License-Identifier: Apache-2.0

/// What a ``FakeCluster`` says of a token.
public struct TokenStatus: Sendable {
    /// The user's name.
    public var username: String
    /// The user's identity.
    public var uid: String
    /// The user's groups.
    public var groups: [String]
    /// What else is known, by key.
    public var extra: [String: [String]]
    /// Whom the token is meant for; the server's own audience is `https://kubernetes.default.svc`.
    public var audiences: [String]

    /// The status of a token of these values.
    public init(
        username: String,
        uid: String = "",
        groups: [String] = [],
        extra: [String: [String]] = [:],
        audiences: [String]
    ) {
        self.username = username
        self.uid = uid
        self.groups = groups
        self.extra = extra
        self.audiences = audiences
    }

    /// A service account's token that the kubelet of `node` mounted into a pod.
    public static func serviceAccount(
        _ name: String,
        namespace: String,
        node: String,
        pod: String,
        podUID: String,
        audiences: [String]
    ) -> TokenStatus {
        TokenStatus(
            username: "system:serviceaccount:\(namespace):\(name)",
            uid: "serviceaccounts-\(namespace)-\(name)",
            groups: ["system:serviceaccounts", "system:serviceaccounts:\(namespace)", "system:authenticated"],
            extra: [
                "authentication.kubernetes.io/credential-id": ["JTI=7b6f2f6e-1f5a-4c0c-9d7e-000000000000"],
                "authentication.kubernetes.io/node-name": [node],
                "authentication.kubernetes.io/node-uid": ["nodes--\(node)"],
                "authentication.kubernetes.io/pod-name": [pod],
                "authentication.kubernetes.io/pod-uid": [podUID],
            ],
            audiences: audiences
        )
    }
}
