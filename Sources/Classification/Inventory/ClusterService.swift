// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// A service: addresses and ports that stand for a set of endpoints.
public struct ClusterService: Hashable, Sendable {
    /// Which service it is.
    public struct Name: Hashable, Sendable {
        /// Its namespace.
        public var namespace: String
        /// Its name.
        public var name: String

        /// The service `name` of `namespace`.
        public init(namespace: String, name: String) {
            self.namespace = namespace
            self.name = name
        }
    }

    /// A port and its transport protocol.
    public struct Port: Hashable, Sendable {
        /// The transport protocol.
        public var ipProtocol: IPProtocol
        /// The port's number.
        public var number: UInt16

        /// Port `number` of `ipProtocol`.
        public init(_ ipProtocol: IPProtocol, _ number: UInt16) {
            self.ipProtocol = ipProtocol
            self.number = number
        }
    }

    /// Which service it is.
    public var id: Name
    /// Its addresses: in the cluster, external, and of its load balancer.
    public var addresses: [IPAddress]
    /// The ports at its addresses.
    public var ports: [Port]
    /// The ports of every node that lead to it.
    public var nodePorts: [Port]

    /// The service `id`.
    public init(_ id: Name, addresses: [IPAddress], ports: [Port] = [], nodePorts: [Port] = []) {
        self.id = id
        self.addresses = addresses
        self.ports = ports
        self.nodePorts = nodePorts
    }
}
