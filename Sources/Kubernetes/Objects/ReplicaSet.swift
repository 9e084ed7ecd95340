// SPDX-License-Identifier: Apache-2.0

/// A ReplicaSet, of which only its own controller matters: the Deployment of its pods.
public struct ReplicaSet: ClusterObject, Hashable {
    /// All replica sets of the cluster, by their metadata alone.
    public static let resource = Resource(path: "/apis/apps/v1/replicasets", isMetadataOnly: true)

    /// Who it is, and its controller.
    public let metadata: ObjectMetadata

    /// One of this metadata.
    public init(metadata: ObjectMetadata) {
        self.metadata = metadata
    }
}
