// SPDX-License-Identifier: Apache-2.0

/// What every object of the Kubernetes API has: who it is, and who made it.
public struct ObjectMetadata: Hashable, Sendable {
    /// The identity that no other object ever has, before or after.
    public let uid: String
    /// The namespace; empty for objects outside namespaces, such as nodes.
    public let namespace: String
    /// The name, which a later object of the namespace may have again.
    public let name: String
    /// The owner reference that says `controller: true`: the ReplicaSet of a Pod, the CronJob of a Job.
    public let controller: ControllerReference?
    /// When the object was made, in seconds since 1970-01-01T00:00:00Z.
    public let creationTime: Int64?
    /// When the object is or was to be deleted, in seconds since 1970-01-01T00:00:00Z; `nil` if nobody asked for that.
    ///
    /// The API server adds the grace period to the moment of the request, so the time may lie ahead.
    public let deletionTime: Int64?

    /// Metadata of these values, for tests and for objects that come from elsewhere.
    public init(
        uid: String,
        namespace: String = "",
        name: String,
        controller: ControllerReference? = nil,
        creationTime: Int64? = nil,
        deletionTime: Int64? = nil
    ) {
        self.uid = uid
        self.namespace = namespace
        self.name = name
        self.controller = controller
        self.creationTime = creationTime
        self.deletionTime = deletionTime
    }
}

extension ObjectMetadata: Decodable {
    private enum CodingKeys: String, CodingKey {
        case uid
        case namespace
        case name
        case ownerReferences
        case creationTimestamp
        case deletionTimestamp
    }

    private struct OwnerReference: Decodable {
        let kind: String
        let name: String
        let uid: String
        let controller: Bool?
    }

    /// Metadata as the API writes it; `uid` and `name` must be there.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let owner = try fields.decodeIfPresent([OwnerReference].self, forKey: .ownerReferences)?
            .first { $0.controller == true }
        self.init(
            uid: try fields.decode(String.self, forKey: .uid),
            namespace: try fields.decodeIfPresent(String.self, forKey: .namespace) ?? "",
            name: try fields.decode(String.self, forKey: .name),
            controller: owner.map { ControllerReference(kind: $0.kind, name: $0.name, uid: $0.uid) },
            creationTime: try fields.decodeIfPresent(ObjectTime.self, forKey: .creationTimestamp)?.seconds,
            deletionTime: try fields.decodeIfPresent(ObjectTime.self, forKey: .deletionTimestamp)?.seconds
        )
    }
}

/// The object that controls another one, as an owner reference names it; it lives in the same namespace or in none.
public struct ControllerReference: Hashable, Sendable {
    /// The kind: `ReplicaSet`, `StatefulSet`, `DaemonSet`, `Job`, `CronJob`, `Node` for static pods, or any other.
    public let kind: String
    /// The name of the controller.
    public let name: String
    /// The identity of the controller.
    public let uid: String

    /// A reference to the object `uid`.
    public init(kind: String, name: String, uid: String) {
        self.kind = kind
        self.name = name
        self.uid = uid
    }
}
