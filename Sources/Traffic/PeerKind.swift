// SPDX-License-Identifier: Apache-2.0

/// What the remote side of a flow is, as far as the cluster's own knowledge goes.
public enum PeerKind: String, Hashable, Sendable, CaseIterable {
    /// Nobody could say: there is no inventory of the cluster, or there was none yet.
    case unknown
    /// A pod of the cluster, also one in its node's network.
    case pod
    /// A node of the cluster.
    case node
    /// A service of the cluster, where it is not known which of its endpoints was chosen.
    case service
    /// An endpoint of a service that is no pod.
    case endpoint
    /// None of the cluster's addresses.
    case external
}
