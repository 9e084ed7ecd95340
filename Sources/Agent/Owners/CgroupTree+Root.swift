// SPDX-License-Identifier: Apache-2.0
import Capture

extension CgroupTree {
    /// The cgroup v2 directory to meter: the one that `settings` name, else the mount.
    ///
    /// - Throws: ``AgentError`` or `CaptureError`, which say what to do.
    static func root(_ settings: AgentSettings) throws -> String {
        guard let root = settings.cgroupRoot else {
            return try CgroupRoot.find(mountInfo: try text(of: "/proc/self/mountinfo"))
        }
        guard CgroupTree(root: root).isCgroup2 else {
            throw AgentError("--cgroup-root: \(root) is not a directory of a cgroup v2 file system.")
        }
        return root
    }

    /// The content of a file of /proc.
    ///
    /// - Throws: ``AgentError`` if there is none.
    static func text(of path: String) throws -> String {
        do {
            return try ProcFile.read(path)
        } catch {
            throw AgentError("\(path) cannot be read: \(error). The agent needs /proc mounted.")
        }
    }
}
