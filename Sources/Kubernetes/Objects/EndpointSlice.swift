// SPDX-License-Identifier: Apache-2.0

/// A part of a service's endpoints: the addresses that its traffic is sent to.
public struct EndpointSlice: ClusterObject, Hashable {
    /// An endpoint.
    public struct Endpoint: Hashable, Sendable {
        /// Its addresses, all of the slice's type; the first one is the one to use.
        public let addresses: [String]
        /// The node that it is on.
        public let nodeName: String?
        /// The zone that it is in.
        public let zone: String?
        /// The identity of the pod behind it; `nil` for endpoints that are no pods.
        public let podUID: String?
        /// True if new connections should go to it; the API says that no word on it means yes.
        public let isReady: Bool
        /// True if it answers, even while it ends.
        public let isServing: Bool
        /// True if it is being ended.
        public let isTerminating: Bool

        /// An endpoint of these values.
        public init(
            addresses: [String],
            nodeName: String? = nil,
            zone: String? = nil,
            podUID: String? = nil,
            isReady: Bool = true,
            isServing: Bool = true,
            isTerminating: Bool = false
        ) {
            self.addresses = addresses
            self.nodeName = nodeName
            self.zone = zone
            self.podUID = podUID
            self.isReady = isReady
            self.isServing = isServing
            self.isTerminating = isTerminating
        }
    }

    /// A port of every endpoint of the slice.
    public struct Port: Hashable, Sendable {
        /// The name, which is the service port's.
        public let name: String
        /// The transport: `TCP`, `UDP` or `SCTP`.
        public let transport: String
        /// The port at the endpoints; `nil` means all ports.
        public let port: Int?

        /// A port of these values.
        public init(name: String = "", transport: String = "TCP", port: Int?) {
            self.name = name
            self.transport = transport
            self.port = port
        }
    }

    /// All endpoint slices of the cluster.
    public static let resource = Resource(path: "/apis/discovery.k8s.io/v1/endpointslices")

    /// Who the slice is.
    public let metadata: ObjectMetadata
    /// The service of the same namespace that the slice belongs to: its label `kubernetes.io/service-name`.
    public let serviceName: String?
    /// What the addresses are: `IPv4`, `IPv6` or `FQDN`.
    public let addressType: String
    /// The endpoints.
    public let endpoints: [Endpoint]
    /// The ports that every endpoint has.
    public let ports: [Port]

    /// A slice of these values.
    public init(
        metadata: ObjectMetadata,
        serviceName: String? = nil,
        addressType: String = "IPv4",
        endpoints: [Endpoint] = [],
        ports: [Port] = []
    ) {
        self.metadata = metadata
        self.serviceName = serviceName
        self.addressType = addressType
        self.endpoints = endpoints
        self.ports = ports
    }
}

extension EndpointSlice {
    private enum CodingKeys: String, CodingKey {
        case metadata
        case addressType
        case endpoints
        case ports
    }

    private struct Labelled: Decodable {
        let labels: Labels?
    }

    private struct Labels: Decodable {
        let serviceName: String?

        enum CodingKeys: String, CodingKey {
            case serviceName = "kubernetes.io/service-name"
        }
    }

    private struct EndpointFields: Decodable {
        let addresses: [String]?
        let conditions: Conditions?
        let nodeName: String?
        let zone: String?
        let targetRef: Target?

        struct Conditions: Decodable {
            let ready: Bool?
            let serving: Bool?
            let terminating: Bool?
        }

        struct Target: Decodable {
            let kind: String?
            let uid: String?
        }
    }

    private struct PortFields: Decodable {
        let name: String?
        let `protocol`: String?
        let port: Int?
    }

    /// A slice as the API writes it; what is missing has the API's default.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        // The API may say null for a list that is empty.
        let endpoints = try fields.decodeIfPresent([EndpointFields].self, forKey: .endpoints) ?? []
        let ports = try fields.decodeIfPresent([PortFields].self, forKey: .ports) ?? []
        self.init(
            metadata: try fields.decode(ObjectMetadata.self, forKey: .metadata),
            serviceName: try fields.decode(Labelled.self, forKey: .metadata).labels?.serviceName,
            addressType: try fields.decodeIfPresent(String.self, forKey: .addressType) ?? "IPv4",
            endpoints: endpoints.map { endpoint in
                let isReady = endpoint.conditions?.ready ?? true
                return Endpoint(
                    addresses: endpoint.addresses ?? [],
                    nodeName: endpoint.nodeName,
                    zone: endpoint.zone,
                    podUID: endpoint.targetRef.flatMap { $0.kind == "Pod" ? $0.uid : nil },
                    isReady: isReady,
                    isServing: endpoint.conditions?.serving ?? isReady,
                    isTerminating: endpoint.conditions?.terminating ?? false
                )
            },
            ports: ports.map { Port(name: $0.name ?? "", transport: $0.protocol ?? "TCP", port: $0.port) }
        )
    }
}
