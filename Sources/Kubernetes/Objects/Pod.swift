// SPDX-License-Identifier: Apache-2.0

/// A pod: where it runs, under which addresses, from when to when.
public struct Pod: ClusterObject, Hashable {
    /// Where a pod is in its life.
    public enum Phase: String, Decodable, Sendable {
        /// Accepted; not all containers run yet.
        case pending = "Pending"
        /// Bound to a node, with a container that runs, starts or restarts.
        case running = "Running"
        /// All containers have ended well, for good.
        case succeeded = "Succeeded"
        /// All containers have ended, one of them badly, for good.
        case failed = "Failed"
        /// The node does not answer, or the server says something newer than this program.
        case unknown = "Unknown"

        /// True when no container will ever run again: the pod's addresses are free for others.
        public var isTerminal: Bool { self == .succeeded || self == .failed }
    }

    /// All pods of the cluster.
    public static let resource = Resource(path: "/api/v1/pods")

    /// Who the pod is, and its controller.
    public let metadata: ObjectMetadata
    /// The UID by which the node knows a static pod, and which its cgroups have in their names; `nil` for other pods.
    ///
    /// The API holds a mirror of such a pod, with a UID of its own, and this one in an annotation.
    public let staticUID: String?
    /// The node that it is bound to; `nil` before that.
    public let nodeName: String?
    /// True if the pod has no network of its own: its addresses are the node's.
    public let isHostNetwork: Bool
    /// Where the pod is in its life.
    public let phase: Phase
    /// The pod's addresses, the primary one first; empty until the network gives them.
    ///
    /// A pod that ended keeps them, although others may have them by then.
    public let podIPs: [String]
    /// The node's addresses as the pod's status tells them, the primary one first.
    public let hostIPs: [String]
    /// When the node accepted the pod, in seconds since 1970-01-01T00:00:00Z.
    public let startTime: Int64?
    /// When the last container of a pod in a terminal phase ended, in seconds since 1970-01-01T00:00:00Z.
    public let finishTime: Int64?

    /// A pod of these values.
    public init(
        metadata: ObjectMetadata,
        staticUID: String? = nil,
        nodeName: String? = nil,
        isHostNetwork: Bool = false,
        phase: Phase = .pending,
        podIPs: [String] = [],
        hostIPs: [String] = [],
        startTime: Int64? = nil,
        finishTime: Int64? = nil
    ) {
        self.metadata = metadata
        self.staticUID = staticUID
        self.nodeName = nodeName
        self.isHostNetwork = isHostNetwork
        self.phase = phase
        self.podIPs = podIPs
        self.hostIPs = hostIPs
        self.startTime = startTime
        self.finishTime = finishTime
    }
}

extension Pod {
    private enum CodingKeys: String, CodingKey {
        case metadata
        case spec
        case status
    }

    private struct Annotated: Decodable {
        let annotations: Annotations?
    }

    private struct Annotations: Decodable {
        let mirror: String?

        enum CodingKeys: String, CodingKey {
            case mirror = "kubernetes.io/config.mirror"
        }
    }

    private struct Spec: Decodable {
        let nodeName: String?
        let hostNetwork: Bool?
    }

    private struct Address: Decodable {
        let ip: String?
    }

    private struct Status: Decodable {
        let phase: String?
        let podIP: String?
        let podIPs: [Address]?
        let hostIP: String?
        let hostIPs: [Address]?
        let startTime: ObjectTime?
    }

    private struct Endings: Decodable {
        let containerStatuses: [Container]?

        struct Container: Decodable {
            let state: State?
        }

        struct State: Decodable {
            let terminated: Terminated?
        }

        struct Terminated: Decodable {
            let finishedAt: ObjectTime?
        }
    }

    /// A pod as the API writes it; everything but its metadata may be missing.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let spec = try fields.decodeIfPresent(Spec.self, forKey: .spec)
        let status = try fields.decodeIfPresent(Status.self, forKey: .status)
        let phase = status?.phase.map { Phase(rawValue: $0) ?? .unknown } ?? .pending
        var finishTime: Int64?
        if phase.isTerminal {
            finishTime = try fields.decodeIfPresent(Endings.self, forKey: .status)?.containerStatuses?
                .compactMap { $0.state?.terminated?.finishedAt?.seconds }.max()
        }
        self.init(
            metadata: try fields.decode(ObjectMetadata.self, forKey: .metadata),
            staticUID: try fields.decode(Annotated.self, forKey: .metadata).annotations?.mirror,
            nodeName: spec?.nodeName.flatMap { $0.isEmpty ? nil : $0 },
            isHostNetwork: spec?.hostNetwork ?? false,
            phase: phase,
            podIPs: Self.addresses(status?.podIPs, first: status?.podIP),
            hostIPs: Self.addresses(status?.hostIPs, first: status?.hostIP),
            startTime: status?.startTime?.seconds,
            finishTime: finishTime
        )
    }

    /// The list, which servers before the list existed do not have, or else the single address.
    private static func addresses(_ list: [Address]?, first: String?) -> [String] {
        let all = list?.compactMap(\.ip).filter { !$0.isEmpty } ?? []
        return all.isEmpty ? [first].compactMap { $0 }.filter { !$0.isEmpty } : all
    }
}
