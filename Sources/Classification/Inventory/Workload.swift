// SPDX-License-Identifier: Apache-2.0

/// What runs a pod, as people speak of it: the object that they wrote, not the one that a controller made of it.
public struct Workload: Hashable, Sendable {
    /// `Deployment`, `StatefulSet`, `DaemonSet`, `Job`, `CronJob`, `Pod` for one that nobody controls, `StaticPod`
    /// for one that a node runs by itself, or the kind of any other controller.
    public var kind: String
    /// Its name, in the pod's namespace.
    public var name: String

    /// The workload `name` of `kind`.
    public init(kind: String, name: String) {
        self.kind = kind
        self.name = name
    }
}
