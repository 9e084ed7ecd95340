// SPDX-License-Identifier: Apache-2.0

/// Whether bytes pass through a NAT gateway, which charges for each of them in both directions.
///
/// Only those who run the network know its routes, so `yes` and `endpoint` come from rules of theirs.
public enum NATUse: String, Hashable, Sendable, CaseIterable {
    /// They do: a rule says so.
    case yes
    /// They do not: a rule says so, the peer is not reached over the route to the internet, or the peer's side
    /// started the flow, as through a load balancer.
    case no
    /// Nobody said; they are taken to pass one, as in a subnet without public addresses.
    case assumed
    /// They do not: a rule says that they take a private endpoint in its place.
    case endpoint
    /// Booked before the ledger kept it.
    case unknown
}
