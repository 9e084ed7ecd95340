// SPDX-License-Identifier: Apache-2.0

/// What became of a service's address on the node that counted a flow's bytes.
public enum ServiceResolution: UInt8, Hashable, Sendable, CaseIterable {
    /// Nothing: the remote is the address that the socket saw, and not one that the node translates.
    case none = 0
    /// The remote is the endpoint that answered, by the node's connection tracking.
    case backend = 1
    /// The remote is the service's address, and the node itself holds it: what answers is on the node.
    case local = 2
    /// The remote is the service's address: connection tracking does not know who answered.
    case unresolved = 3
}
