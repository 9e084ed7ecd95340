// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// The node from which a remote address is judged.
public struct Vantage: Sendable {
    /// Name of the node's cluster; empty if it is not known.
    public var cluster: String
    /// Name of the node; empty if it is not known.
    public var node: String
    /// Where the node stands, as far as it is known.
    public var place: Place

    /// The node `node` of `cluster`, which stands at `place`.
    public init(cluster: String = "", node: String = "", place: Place) {
        self.cluster = cluster
        self.node = node
        self.place = place
    }
}
