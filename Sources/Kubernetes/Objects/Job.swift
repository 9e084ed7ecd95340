// SPDX-License-Identifier: Apache-2.0

/// A Job, of which only its own controller matters: the CronJob of its pods.
public struct Job: ClusterObject, Hashable {
    /// All jobs of the cluster, by their metadata alone.
    public static let resource = Resource(path: "/apis/batch/v1/jobs", isMetadataOnly: true)

    /// Who it is, and its controller.
    public let metadata: ObjectMetadata

    /// One of this metadata.
    public init(metadata: ObjectMetadata) {
        self.metadata = metadata
    }
}
