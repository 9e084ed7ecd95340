// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// A part of a service's endpoints: one EndpointSlice.
public struct ClusterEndpoints: Sendable {
    /// One endpoint.
    public struct Endpoint: Hashable, Sendable {
        /// Its addresses.
        public var addresses: [IPAddress]
        /// The pod behind it; empty if there is none.
        public var podUID: String
        /// The node that it is on; empty if that is not said.
        public var node: String
        /// The zone that the slice says it is in; empty if it does not.
        public var zone: String
        /// True if new connections go to it.
        public var isReady: Bool

        /// An endpoint of these values.
        public init(
            addresses: [IPAddress],
            podUID: String = "",
            node: String = "",
            zone: String = "",
            isReady: Bool = true
        ) {
            self.addresses = addresses
            self.podUID = podUID
            self.node = node
            self.zone = zone
            self.isReady = isReady
        }
    }

    /// Identity of the slice.
    public var uid: String
    /// The service that it is a part of.
    public var service: ClusterService.Name
    /// Its endpoints.
    public var endpoints: [Endpoint]
    /// The ports that every endpoint has; empty means any.
    public var ports: [ClusterService.Port]

    /// The slice `uid` of `service`.
    public init(
        uid: String,
        service: ClusterService.Name,
        endpoints: [Endpoint],
        ports: [ClusterService.Port] = []
    ) {
        self.uid = uid
        self.service = service
        self.endpoints = endpoints
        self.ports = ports
    }
}
