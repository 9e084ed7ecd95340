// SPDX-License-Identifier: Apache-2.0

/// A service: the addresses and ports under which a set of pods can be reached.
public struct Service: ClusterObject, Hashable {
    /// How a service is published.
    public enum Kind: String, Sendable {
        /// Inside the cluster.
        case clusterIP = "ClusterIP"
        /// Also on a port of every node.
        case nodePort = "NodePort"
        /// Also at a load balancer outside.
        case loadBalancer = "LoadBalancer"
        /// A DNS alias of a name outside; no addresses at all.
        case externalName = "ExternalName"
        /// A kind newer than this program.
        case unknown = ""
    }

    /// A port of a service.
    public struct Port: Hashable, Sendable {
        /// The name; empty if the service has only this port.
        public let name: String
        /// The transport: `TCP`, `UDP` or `SCTP`.
        public let transport: String
        /// The port at the service's own addresses.
        public let port: Int
        /// The port at every node's addresses, if there is one.
        public let nodePort: Int?

        /// A port of these values.
        public init(name: String = "", transport: String = "TCP", port: Int, nodePort: Int? = nil) {
            self.name = name
            self.transport = transport
            self.port = port
            self.nodePort = nodePort
        }
    }

    /// All services of the cluster.
    public static let resource = Resource(path: "/api/v1/services")

    /// Who the service is.
    public let metadata: ObjectMetadata
    /// How it is published.
    public let kind: Kind
    /// True if it has no address of its own on purpose (`clusterIP: None`): its DNS name gives the pods' addresses.
    public let isHeadless: Bool
    /// The addresses inside the cluster, one per IP version at most.
    public let clusterIPs: [String]
    /// Addresses outside the cluster's care that lead to its nodes.
    public let externalIPs: [String]
    /// The load balancer's addresses; one that has only a host name is left out.
    public let loadBalancerIPs: [String]
    /// The ports; a headless service may have none.
    public let ports: [Port]

    /// A service of these values.
    public init(
        metadata: ObjectMetadata,
        kind: Kind = .clusterIP,
        isHeadless: Bool = false,
        clusterIPs: [String] = [],
        externalIPs: [String] = [],
        loadBalancerIPs: [String] = [],
        ports: [Port] = []
    ) {
        self.metadata = metadata
        self.kind = kind
        self.isHeadless = isHeadless
        self.clusterIPs = clusterIPs
        self.externalIPs = externalIPs
        self.loadBalancerIPs = loadBalancerIPs
        self.ports = ports
    }
}

extension Service {
    private enum CodingKeys: String, CodingKey {
        case metadata
        case spec
        case status
    }

    private struct Spec: Decodable {
        let type: String?
        let clusterIP: String?
        let clusterIPs: [String]?
        let externalIPs: [String]?
        let ports: [PortFields]?
    }

    private struct PortFields: Decodable {
        let name: String?
        let `protocol`: String?
        let port: Int
        let nodePort: Int?
    }

    private struct Status: Decodable {
        let loadBalancer: Balancer?

        struct Balancer: Decodable {
            let ingress: [Ingress]?
        }

        struct Ingress: Decodable {
            let ip: String?
        }
    }

    /// A service as the API writes it; what is missing has the API's default.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let spec = try fields.decodeIfPresent(Spec.self, forKey: .spec)
        let ingress = try fields.decodeIfPresent(Status.self, forKey: .status)?.loadBalancer?.ingress ?? []
        // Servers before dual stack have the single field alone.
        let clusterIPs = spec?.clusterIPs ?? [spec?.clusterIP].compactMap { $0 }
        self.init(
            metadata: try fields.decode(ObjectMetadata.self, forKey: .metadata),
            kind: Kind(rawValue: spec?.type ?? "ClusterIP") ?? .unknown,
            isHeadless: clusterIPs.contains("None"),
            clusterIPs: clusterIPs.filter { $0 != "None" && !$0.isEmpty },
            externalIPs: spec?.externalIPs ?? [],
            loadBalancerIPs: ingress.compactMap(\.ip).filter { !$0.isEmpty },
            ports: (spec?.ports ?? [])
                .map { port in
                    Port(
                        name: port.name ?? "",
                        transport: port.protocol ?? "TCP",
                        port: port.port,
                        nodePort: port.nodePort.flatMap { $0 == 0 ? nil : $0 }
                    )
                }
        )
    }
}
