// SPDX-License-Identifier: Apache-2.0

/// A container outside Kubernetes, as a cgroup path spells it.
struct ContainerCgroup: Hashable {
    /// Name of the runtime: `docker`, `podman`, `cri-o`, `containerd` or `lxc`.
    let runtime: String
    /// The container's id, or its name where the runtime uses that.
    let id: String

    private init(runtime: String, id: some StringProtocol) {
        self.runtime = runtime
        self.id = String(id)
    }

    /// The outermost container in the path with these components, or `nil` if there is none.
    init?(_ components: [Substring]) {
        for (index, component) in components.enumerated() {
            if let scope = Self.scope(component) ?? Self.lxc(component) {
                self = scope
                return
            }
            guard index > 0 else { continue }
            switch components[index - 1] {
            case "docker" where Self.isID(component):
                self.init(runtime: "docker", id: component)
                return
            case "lxc", "lxc.payload":
                self.init(runtime: "lxc", id: component)
                return
            default:
                continue
            }
        }
        return nil
    }

    /// Prefixes of the cgroups that runtimes make, and what the runtime is called.
    private static let prefixes = [
        ("docker-", "docker"), ("libpod-", "podman"), ("crio-", "cri-o"), ("cri-containerd-", "containerd"),
        ("nerdctl-", "containerd"),
    ]

    /// The container of `<prefix><id>.scope` (systemd driver) or `<prefix><id>` (cgroupfs driver).
    static func scope(_ component: Substring) -> ContainerCgroup? {
        let name = component.hasSuffix(".scope") ? component.dropLast(".scope".count) : component
        for (prefix, runtime) in prefixes where name.hasPrefix(prefix) {
            let id = name.dropFirst(prefix.count)
            // The monitor `libpod-conmon-<id>.scope` is no container: "conmon-…" is not an id.
            return isID(id) ? ContainerCgroup(runtime: runtime, id: id) : nil
        }
        return nil
    }

    private static func lxc(_ component: Substring) -> ContainerCgroup? {
        let prefix = "lxc.payload."
        guard component.hasPrefix(prefix), component.count > prefix.count else { return nil }
        return ContainerCgroup(runtime: "lxc", id: component.dropFirst(prefix.count))
    }

    /// True for what runtimes use as ids: 12...128 lower-case hexadecimal digits, in practice 64.
    static func isID(_ text: Substring) -> Bool {
        (12...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }
}
