// SPDX-License-Identifier: Apache-2.0

/// A kind of object that a ``FakeCluster`` serves.
public struct FakeKind: Hashable, Sendable {
    /// The kind, such as `Pod`.
    public let name: String
    /// The group and version, such as `v1` or `apps/v1`.
    public let apiVersion: String
    /// The plural name of the collection, such as `pods`.
    public let plural: String
    /// True if objects live in namespaces.
    public let isNamespaced: Bool

    /// The collection's path over all namespaces.
    public var path: String { "\(group)/\(plural)" }

    /// The path of the group and version.
    public var group: String { apiVersion.contains("/") ? "/apis/\(apiVersion)" : "/api/\(apiVersion)" }

    /// Pods.
    public static let pod = FakeKind(name: "Pod", apiVersion: "v1", plural: "pods", isNamespaced: true)
    /// Nodes.
    public static let node = FakeKind(name: "Node", apiVersion: "v1", plural: "nodes", isNamespaced: false)
    /// Services.
    public static let service = FakeKind(name: "Service", apiVersion: "v1", plural: "services", isNamespaced: true)
    /// Endpoint slices.
    public static let endpointSlice = FakeKind(
        name: "EndpointSlice",
        apiVersion: "discovery.k8s.io/v1",
        plural: "endpointslices",
        isNamespaced: true
    )
    /// Replica sets.
    public static let replicaSet = FakeKind(
        name: "ReplicaSet",
        apiVersion: "apps/v1",
        plural: "replicasets",
        isNamespaced: true
    )
    /// Jobs.
    public static let job = FakeKind(name: "Job", apiVersion: "batch/v1", plural: "jobs", isNamespaced: true)

    /// All kinds.
    public static let all = [pod, node, service, endpointSlice, replicaSet, job]
}
