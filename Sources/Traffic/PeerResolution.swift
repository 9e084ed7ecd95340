// SPDX-License-Identifier: Apache-2.0

/// How it is known who the remote side of a flow is.
public enum PeerResolution: String, Hashable, Sendable, CaseIterable {
    /// It is not known.
    case none
    /// By the address that the socket saw.
    case address
    /// By the node's connection tracking, which knows the endpoint that a service's address led to.
    case conntrack
    /// Only the service is known, and not which of its endpoints was chosen.
    case service
    /// The node that counted the bytes holds the service's address itself, so that they did not leave it.
    case local
    /// Two pods claimed the address at the same time, and for longer than word of an end takes.
    case ambiguous
}
