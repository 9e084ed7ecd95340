// SPDX-License-Identifier: Apache-2.0

/// How far a flow went, from the metered side to its peer.
///
/// `unknown` is a value: a missing zone or an unlisted private address is booked as unknown, never as near.
public enum Scope: String, Hashable, Sendable, CaseIterable {
    /// Nothing that we were told places the peer.
    case unknown
    /// The bytes never left the host: the loopback interface or a loopback address.
    case loopback
    /// Peer in the same zone.
    case sameZone = "same_zone"
    /// Peer in the same region and in another zone.
    case sameRegion = "same_region"
    /// Peer in another region of the operator's own network, or of the cloud that the node is in.
    case crossRegion = "cross_region"
    /// Peer on the public internet.
    case internet
    /// A multicast or broadcast destination: several receivers, none of which is the peer.
    case multicast
}
