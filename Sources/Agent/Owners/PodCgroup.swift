// SPDX-License-Identifier: Apache-2.0

/// A Kubernetes pod, and the container in it, as a cgroup path spells them.
///
/// The kubelet makes one cgroup per pod below `kubepods`, with a level for the quality of service in between
/// (none for guaranteed pods), and the runtime makes one per container below that:
/// - systemd driver: `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid>.slice`, where the UID's
///   hyphens are underscores, because a hyphen in a slice's name separates levels
/// - cgroupfs driver: `kubepods/burstable/pod<uid>`
/// - containerd with cgroupfs under a kubelet with systemd: `kubepods-pod<uid>.slice:cri-containerd:<id>`
///
/// Whatever stands above (`kubelet.slice/kubelet-kubepods.slice/…` in kind, `--cgroup-root` elsewhere) is skipped.
struct PodCgroup: Hashable {
    /// The pod's UID with hyphens; 32 hexadecimal digits without any for a static pod.
    let uid: String
    /// The container's id, or empty if the path ends at the pod or goes on in another way.
    let containerID: String

    /// The outermost pod in the path with these components, or `nil` if there is none.
    init?(_ components: [Substring]) {
        for (index, component) in components.enumerated() {
            let parts = component.split(separator: ":", omittingEmptySubsequences: false)
            if let slice = parts.first, let uid = Self.uid(slice: slice) {
                self.uid = uid
                let container = parts.count == 3 ? parts[2] : components.dropFirst(index + 1).first
                containerID = container.flatMap(Self.containerID) ?? ""
                return
            }
            if let uid = Self.uid(directory: component, above: components[..<index]) {
                self.uid = uid
                containerID = components.dropFirst(index + 1).first.flatMap(Self.containerID) ?? ""
                return
            }
        }
        return nil
    }

    private static let qualities = ["", "-burstable", "-besteffort", "-guaranteed"]

    /// The UID in `[<parents>-]kubepods[-<quality>]-pod<uid>.slice`.
    private static func uid(slice: Substring) -> String? {
        guard slice.hasSuffix(".slice") else { return nil }
        let name = slice.dropLast(".slice".count)
        // The name of a parent may have the word in it too.
        for kubepods in name.ends(of: "kubepods") {
            for quality in qualities {
                let prefix = quality + "-pod"
                let rest = name[kubepods...]
                guard rest.hasPrefix(prefix) else { continue }
                let uid = rest.dropFirst(prefix.count)
                return isUID(uid) ? String(uid.map { $0 == "_" ? "-" : $0 }) : nil
            }
        }
        return nil
    }

    /// The UID in `pod<uid>`, directly below `kubepods` or below one of its qualities of service.
    private static func uid(directory: Substring, above: ArraySlice<Substring>) -> String? {
        guard directory.hasPrefix("pod"), let parent = above.last else { return nil }
        if parent != "kubepods" {
            guard qualities.contains("-" + parent), above.dropLast().last == "kubepods" else { return nil }
        }
        let uid = directory.dropFirst("pod".count)
        return isUID(uid) ? String(uid) : nil
    }

    /// A UID is whatever the API server accepted, in practice a UUID or an MD5 in hexadecimal.
    private static func isUID(_ text: Substring) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The id in the name of a container's cgroup, with or without the runtime's prefix and `.scope`.
    private static func containerID(_ component: Substring) -> String? {
        ContainerCgroup.scope(component)?.id ?? (ContainerCgroup.isID(component) ? String(component) : nil)
    }
}

extension Substring {
    /// Where `word` ends in the text, wherever it stands at the start or after a hyphen.
    fileprivate func ends(of word: String) -> [Index] {
        indices.compactMap { index in
            guard self[index...].hasPrefix(word) else { return nil }
            let isWhole = index == startIndex || self[self.index(before: index)] == "-"
            return isWhole ? self.index(index, offsetBy: word.count) : nil
        }
    }
}
