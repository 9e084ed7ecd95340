// SPDX-License-Identifier: Apache-2.0

/// Whether bytes pass through a NAT gateway.
public enum NATUse: String, Hashable, Sendable, CaseIterable {
    /// They do: a rule says so.
    case yes
    /// They do not: a rule says so, or the address is not reached over the route to the internet.
    case no
    /// Nobody said; they are taken to pass one, as in a subnet without public addresses.
    case assumed
}

/// The way a flow's bytes take out of the node's network.
///
/// It holds for flows that the node's side started: what comes in through a load balancer or a public address
/// passes no NAT gateway, whatever the rules say about the way out.
public enum Route: String, Hashable, Sendable, CaseIterable {
    /// No gateway that charges: inside the network, a peering, a public address of the node's own.
    case direct
    /// Through a NAT gateway.
    case nat
    /// Over the route to the internet, of which nobody said whether it passes a NAT gateway.
    case assumedNAT = "assumed"
    /// Through a private endpoint.
    case endpoint

    /// Whether the way passes a NAT gateway.
    public var nat: NATUse {
        switch self {
        case .nat: .yes
        case .assumedNAT: .assumed
        case .direct, .endpoint: .no
        }
    }
}
