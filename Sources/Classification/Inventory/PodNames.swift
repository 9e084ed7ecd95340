// SPDX-License-Identifier: Apache-2.0

/// What a pod's UID stands for.
public struct PodNames: Hashable, Sendable {
    /// The pod's namespace.
    public var namespace: String
    /// The pod's name.
    public var name: String
    /// What runs it.
    public var workload: Workload
    /// The node that it is or was on; empty if it was never bound.
    public var node: String
    /// False if its controller has not been told yet, so that ``workload`` is a ReplicaSet or a Job although a
    /// Deployment or a CronJob may stand behind it.
    public var isComplete: Bool

    /// Names of these values.
    public init(namespace: String, name: String, workload: Workload, node: String, isComplete: Bool) {
        self.namespace = namespace
        self.name = name
        self.workload = workload
        self.node = node
        self.isComplete = isComplete
    }
}
