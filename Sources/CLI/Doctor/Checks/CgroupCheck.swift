// SPDX-License-Identifier: Apache-2.0
import Capture
import Foundation

/// Where cgroup v2 is, and how much of it this process sees.
struct CgroupCheck: Check {
    /// The directory that would be metered; `nil` if there is none.
    var root: String?
    /// Why there is none.
    var obstacle = ""
    /// True if cgroup version 1 is mounted too.
    var isHybrid = false
    /// True if the directory is the root of the host's hierarchy: only that one has no type.
    var isWholeHierarchy = true

    /// Looks at `root`, or for the mount if it is `nil`.
    static func read(root given: String?) -> CgroupCheck {
        // Without /proc there are no mounts to find.
        let mounts = (try? ProcFile.read("/proc/self/mountinfo")) ?? ""
        let root: String
        if let given {
            guard access(given + "/cgroup.controllers", F_OK) == 0 else {
                return CgroupCheck(root: nil, obstacle: "\(given) is not a directory of a cgroup v2 file system")
            }
            root = given
        } else {
            do {
                root = try CgroupRoot.find(mountInfo: mounts)
            } catch {
                return CgroupCheck(root: nil, obstacle: error.description)
            }
        }
        return CgroupCheck(
            root: root,
            isHybrid: mounts.contains(" - cgroup "),
            isWholeHierarchy: access(root + "/cgroup.type", F_OK) != 0
        )
    }

    var findings: [Finding] {
        guard let root else {
            return [
                .fail(
                    "cgroup v2",
                    obstacle,
                    next: "Name the mount with --cgroup-root, or boot with systemd.unified_cgroup_hierarchy=1."
                )
            ]
        }
        let layout = isHybrid ? "hybrid: version 1 is mounted too, for its controllers" : "unified"
        guard isWholeHierarchy else {
            return [
                .warn(
                    "cgroup v2",
                    "\(root) (\(layout)) is a part of the host's hierarchy: only that part would be metered",
                    next: "In a container, share the host's cgroup namespace (hostPID, or a mount of the host's "
                        + "/sys/fs/cgroup) and name it with --cgroup-root."
                )
            ]
        }
        return [.ok("cgroup v2", "\(root) (\(layout)), the root of the host's hierarchy")]
    }
}
