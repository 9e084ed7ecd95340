// SPDX-License-Identifier: Apache-2.0

/// A collection of the Kubernetes API over all namespaces, and what of its objects is asked for.
public struct Resource: Hashable, Sendable {
    /// The path below the server's URL, such as `/apis/apps/v1/replicasets`.
    public let path: String
    /// The plural name as roles (RBAC) write it, such as `replicasets`.
    public let name: String
    /// True to ask for metadata alone, which spares the server and the network the rest of each object.
    public let isMetadataOnly: Bool

    /// The collection at `path`, whose last part is its name.
    public init(path: String, isMetadataOnly: Bool = false) {
        self.path = path
        self.isMetadataOnly = isMetadataOnly
        name = path.split(separator: "/").last.map(String.init) ?? path
    }
}
