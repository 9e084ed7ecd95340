// SPDX-License-Identifier: Apache-2.0

/// A node: where it stands, and under which addresses.
public struct Node: ClusterObject, Hashable {
    /// All nodes of the cluster.
    public static let resource = Resource(path: "/api/v1/nodes")

    /// Who the node is.
    public let metadata: ObjectMetadata
    /// The label `topology.kubernetes.io/zone`, else its older name under `failure-domain.beta.kubernetes.io`.
    public let zone: String?
    /// The label `topology.kubernetes.io/region`, else its older name under `failure-domain.beta.kubernetes.io`.
    public let region: String?
    /// The addresses of type `InternalIP`, in the node's order.
    public let internalIPs: [String]
    /// The addresses of type `ExternalIP`, in the node's order.
    public let externalIPs: [String]
    /// The cloud's name of the machine, such as `aws:///eu-west-1a/i-0123456789`.
    public let providerID: String?

    /// A node of these values.
    public init(
        metadata: ObjectMetadata,
        zone: String? = nil,
        region: String? = nil,
        internalIPs: [String] = [],
        externalIPs: [String] = [],
        providerID: String? = nil
    ) {
        self.metadata = metadata
        self.zone = zone
        self.region = region
        self.internalIPs = internalIPs
        self.externalIPs = externalIPs
        self.providerID = providerID
    }
}

extension Node {
    private enum CodingKeys: String, CodingKey {
        case metadata
        case spec
        case status
    }

    private struct Labelled: Decodable {
        let labels: Labels?
    }

    private struct Labels: Decodable {
        let zone: String?
        let region: String?
        let olderZone: String?
        let olderRegion: String?

        enum CodingKeys: String, CodingKey {
            case zone = "topology.kubernetes.io/zone"
            case region = "topology.kubernetes.io/region"
            case olderZone = "failure-domain.beta.kubernetes.io/zone"
            case olderRegion = "failure-domain.beta.kubernetes.io/region"
        }
    }

    private struct Spec: Decodable {
        let providerID: String?
    }

    private struct Status: Decodable {
        let addresses: [Address]?
    }

    private struct Address: Decodable {
        let type: String
        let address: String
    }

    /// A node as the API writes it; everything but its metadata may be missing, and an empty label is none.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let labels = try fields.decode(Labelled.self, forKey: .metadata).labels
        let addresses = try fields.decodeIfPresent(Status.self, forKey: .status)?.addresses ?? []
        func first(_ values: String?...) -> String? {
            values.lazy.compactMap { $0 }.first { !$0.isEmpty }
        }
        self.init(
            metadata: try fields.decode(ObjectMetadata.self, forKey: .metadata),
            zone: first(labels?.zone, labels?.olderZone),
            region: first(labels?.region, labels?.olderRegion),
            internalIPs: addresses.filter { $0.type == "InternalIP" }.map(\.address),
            externalIPs: addresses.filter { $0.type == "ExternalIP" }.map(\.address),
            providerID: first(try fields.decodeIfPresent(Spec.self, forKey: .spec)?.providerID)
        )
    }
}
