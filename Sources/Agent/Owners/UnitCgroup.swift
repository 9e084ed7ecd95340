// SPDX-License-Identifier: Apache-2.0

/// A systemd unit, as a cgroup path spells it.
///
/// The unit is the outermost one: cgroups that a service makes for itself are part of it. A user's own manager
/// (`user@1000.service`) is looked into, because its units are what the user started; they are named with the
/// user's slice (`user-1000.slice`), since slices inside the manager have the same names for every user.
struct UnitCgroup: Hashable {
    /// The slice the unit is in; `-.slice` is systemd's name of the root.
    let slice: String
    /// The unit's name as `systemctl` prints it, its own escapes (`\x2d`) included.
    let name: String

    private static let slice = ".slice"
    private static let suffixes = [".service", ".scope", ".mount", ".swap", ".socket"]

    /// The unit in the path with these components, or `nil` if it does not follow systemd's layout.
    init?(_ components: [Substring]) {
        var slice: Substring = "-.slice"
        for (index, component) in components.enumerated() {
            let name = Self.unescaped(component)
            if Self.has(name, suffix: Self.slice) {
                slice = name
                continue
            }
            guard Self.isUnit(name) else { return nil }
            let inner = name.hasPrefix("user@") ? Self.innerUnit(components[(index + 1)...]) : nil
            self.slice = String(slice)
            self.name = String(inner ?? name)
            return
        }
        return nil
    }

    /// The first unit below a user's manager, below any number of slices.
    private static func innerUnit(_ components: ArraySlice<Substring>) -> Substring? {
        let first = components.lazy.map(unescaped).first { !has($0, suffix: slice) }
        return first.flatMap { isUnit($0) ? $0 : nil }
    }

    private static func isUnit(_ name: Substring) -> Bool {
        suffixes.contains { has(name, suffix: $0) }
    }

    private static func has(_ name: Substring, suffix: String) -> Bool {
        name.hasSuffix(suffix) && name.utf8.count > suffix.utf8.count
    }

    /// Removes the `_` that systemd puts before names that the kernel's own files could take, as `_cpu.service`.
    private static func unescaped(_ component: Substring) -> Substring {
        component.hasPrefix("_") ? component.dropFirst() : component
    }
}
