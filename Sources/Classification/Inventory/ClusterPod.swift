// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// A pod, as far as the inventory needs it.
public struct ClusterPod: Hashable, Sendable {
    /// Its identity in the API.
    public var uid: String
    /// Its identity in the names of cgroups, where that is another: a static pod's, whose API object is a mirror.
    public var staticUID: String
    /// Its namespace.
    public var namespace: String
    /// Its name.
    public var name: String
    /// The node that it is bound to; empty before that.
    public var node: String
    /// True if it has no network of its own: its addresses are the node's.
    public var isHostNetwork: Bool
    /// Its addresses; none before the network gives them.
    public var addresses: [IPAddress]
    /// Its controller; `nil` if nobody controls it.
    public var controller: ClusterController.Reference?
    /// When the node accepted it, in nanoseconds since 1970-01-01T00:00:00Z; `nil` if that is not said.
    public var started: Int64?
    /// True once none of its containers will ever run again, so that its addresses are free for others.
    public var isFinished: Bool
    /// When its last container ended, in nanoseconds since 1970-01-01T00:00:00Z; `nil` if that is not said.
    public var finished: Int64?

    /// A pod of these values.
    public init(
        uid: String,
        staticUID: String = "",
        namespace: String,
        name: String,
        node: String = "",
        isHostNetwork: Bool = false,
        addresses: [IPAddress] = [],
        controller: ClusterController.Reference? = nil,
        started: Int64? = nil,
        isFinished: Bool = false,
        finished: Int64? = nil
    ) {
        self.uid = uid
        self.staticUID = staticUID
        self.namespace = namespace
        self.name = name
        self.node = node
        self.isHostNetwork = isHostNetwork
        self.addresses = addresses
        self.controller = controller
        self.started = started
        self.isFinished = isFinished
        self.finished = finished
    }

    /// The addresses that are the pod's own and no other's as long as it lives.
    var ownAddresses: [IPAddress] {
        isHostNetwork || isFinished ? [] : addresses.filter(\.identifiesOneHost)
    }
}

extension IPAddress {
    /// False for addresses that every host has, and for those that nobody has.
    var identifiesOneHost: Bool {
        bits > 1 && v4.map { $0 != 0 && $0 >> 24 != 127 } ?? true
    }
}
