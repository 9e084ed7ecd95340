// SPDX-License-Identifier: Apache-2.0

public import Traffic

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

    /// Whether bytes of a flow that `initiator` started pass a NAT gateway on this way.
    ///
    /// Where it is not known who started the flow, a gateway that a rule names is only assumed to be passed.
    public func nat(initiator: Initiator) -> NATUse {
        switch (self, initiator) {
        case (_, .remote), (.direct, _): .no
        case (.nat, .pod): .yes
        case (.nat, .unknown), (.assumedNAT, _): .assumed
        case (.endpoint, _): .endpoint
        }
    }
}
