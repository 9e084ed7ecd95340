// SPDX-License-Identifier: Apache-2.0

/// Whose sockets a flow's bytes went through, as the node itself can tell, from the cgroup alone.
public struct Owner: Hashable, Sendable {
    /// How the owner was recognised.
    public enum Kind: UInt8, Hashable, Sendable, CaseIterable {
        /// Nobody could be named; ``Owner/pod`` is the reason, for instance `cgroup-gone`.
        case unattributed = 0
        /// A Kubernetes pod, known by its UID; its names are resolved by the classifier.
        case pod = 1
        /// A systemd unit: namespace is its slice, pod is the unit.
        case unit = 2
        /// A container outside Kubernetes: namespace is the runtime, pod is the container id.
        case container = 3
        /// Any other cgroup: namespace is the parent's path, pod is the last component.
        case cgroup = 4

        /// The name used in the API and in the ledger.
        public var name: String {
            switch self {
            case .unattributed: "unattributed"
            case .pod: "pod"
            case .unit: "unit"
            case .container: "container"
            case .cgroup: "cgroup"
            }
        }
    }

    /// How the owner was recognised.
    public var kind: Kind
    /// Id of the cgroup v2 directory (its inode number), as the kernel reports it.
    public var cgroupID: UInt64
    /// Namespace, slice, runtime or parent path: see ``Kind``.
    ///
    /// Empty where there is none.
    public var namespace: String
    /// Pod, unit, container or last path component: see ``Kind``.
    public var pod: String
    /// The Kubernetes pod UID in its hyphenated form, or empty.
    public var podUID: String
    /// The container id inside the pod, or empty.
    public var containerID: String
    /// Path of the cgroup below the cgroup v2 root, starting with `/`; empty if it was never seen.
    public var cgroupPath: String

    /// An owner with the given names.
    public init(
        kind: Kind,
        cgroupID: UInt64,
        namespace: String,
        pod: String,
        podUID: String = "",
        containerID: String = "",
        cgroupPath: String = ""
    ) {
        self.kind = kind
        self.cgroupID = cgroupID
        self.namespace = namespace
        self.pod = pod
        self.podUID = podUID
        self.containerID = containerID
        self.cgroupPath = cgroupPath
    }
}
