// SPDX-License-Identifier: Apache-2.0
import Traffic

extension Owner {
    /// The owner that a cgroup's path tells, without asking anyone.
    ///
    /// From the most to the least telling: a Kubernetes pod (systemd and cgroupfs drivers, also below kind's and
    /// custom parents), a container of a known runtime, a systemd unit, and else the path itself. The outermost
    /// match counts: what runs inside a pod, a container or a unit is part of it.
    ///
    /// For a pod the namespace is empty and ``Owner/pod`` is the UID: names are the classifier's to resolve.
    ///
    /// - Parameters:
    ///   - cgroupID: Inode number of the cgroup's directory.
    ///   - path: Path below the cgroup v2 root, starting with `/`.
    init(cgroupID: UInt64, path: String) {
        let components = path.split(separator: "/")
        let names: CgroupNames
        if let pod = PodCgroup(components) {
            names = CgroupNames(.pod, namespace: "", pod: pod.uid, podUID: pod.uid, containerID: pod.containerID)
        } else if let container = ContainerCgroup(components) {
            names = CgroupNames(
                .container,
                namespace: container.runtime,
                pod: container.id,
                containerID: container.id
            )
        } else if let unit = UnitCgroup(components) {
            names = CgroupNames(.unit, namespace: unit.slice, pod: unit.name)
        } else if let last = components.last {
            names = CgroupNames(
                .cgroup,
                namespace: "/" + components.dropLast().joined(separator: "/"),
                pod: String(last)
            )
        } else {
            names = CgroupNames(.cgroup, namespace: "/", pod: "/")
        }
        self.init(
            kind: names.kind,
            cgroupID: cgroupID,
            namespace: OwnerText.name(names.namespace),
            pod: OwnerText.name(names.pod),
            podUID: OwnerText.name(names.podUID),
            containerID: OwnerText.name(names.containerID),
            cgroupPath: OwnerText.path(path)
        )
    }

    /// The owner of bytes whose cgroup could not be named, for `reason`.
    init(unattributed reason: String, cgroupID: UInt64) {
        self.init(kind: .unattributed, cgroupID: cgroupID, namespace: "", pod: reason)
    }
}

/// What a path said, before it is made fit for the wire.
private struct CgroupNames {
    var kind: Owner.Kind
    var namespace: String
    var pod: String
    var podUID: String
    var containerID: String

    init(_ kind: Owner.Kind, namespace: String, pod: String, podUID: String = "", containerID: String = "") {
        self.kind = kind
        self.namespace = namespace
        self.pod = pod
        self.podUID = podUID
        self.containerID = containerID
    }
}
