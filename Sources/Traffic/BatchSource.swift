// SPDX-License-Identifier: Apache-2.0

/// The source of a sequence of batches: one life of one agent's kernel state on one node.
public struct BatchSource: Hashable, Sendable {
    /// The cluster's name.
    public var cluster: String
    /// The node's name.
    public var node: String
    /// Random number that lives as long as the agent's kernel state; a new one restarts the sequence.
    public var bootID: UInt128

    /// The source with these names.
    public init(cluster: String, node: String, bootID: UInt128) {
        self.cluster = cluster
        self.node = node
        self.bootID = bootID
    }
}
