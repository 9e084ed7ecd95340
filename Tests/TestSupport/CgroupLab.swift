// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// Cgroups of a test's own, under the machine's cgroup v2 mount.
///
/// They are removed, with every process that is still inside, by ``remove()`` or when this object ends.
public final class CgroupLab: Sendable {
    /// One cgroup, in which programs can be started.
    public struct Group: Hashable, Sendable {
        /// The directory's absolute path.
        public let path: String
        /// The path below the cgroup v2 root, starting with `/`.
        public let cgroupPath: String

        /// The cgroup's id as the kernel reports it: its directory's inode number.
        ///
        /// - Throws: What the file system says if the cgroup is gone.
        public func id() throws -> UInt64 {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            return (attributes[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
        }

        /// Makes the cgroup again after it was removed; throws what the file system says.
        public func make() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }

        /// Ids of the processes that are in the cgroup now; none if it is gone.
        public var members: [pid_t] {
            // A cgroup that is gone has no members.
            let text = (try? String(contentsOfFile: path + "/cgroup.procs", encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap { pid_t($0) }
        }

        /// A command that enters the cgroup and then becomes `command`.
        ///
        /// The shell moves itself before it starts the program, so no socket is opened outside.
        public func entering(_ command: [String]) -> [String] {
            ["/bin/sh", "-c", "echo $$ > \"$0\"/cgroup.procs && exec \"$@\"", path] + command
        }
    }

    /// The path of the cgroup that holds this lab's, below the cgroup v2 root, starting with `/`.
    public let cgroupPath: String

    private let path: String

    /// Makes an empty cgroup, and sweeps those of test processes that were killed.
    ///
    /// - Throws: ``LaunchError`` if there is no cgroup v2 mount; what the file system says if not root.
    public init() throws {
        guard let mount = Self.mountPoint else { throw LaunchError("no cgroup v2 file system is mounted") }
        for name in LabName.abandoned(in: mount) { Self.removeTree(mount + "/" + name) }
        cgroupPath = "/" + LabName.make()
        path = mount + cgroupPath
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        remove()
    }

    /// Where cgroup v2 is mounted, hybrid layouts included; `nil` if it is not.
    public static var mountPoint: String? {
        // Without /proc there is nothing to find.
        let table = (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? ""
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash > 4, dash + 1 < fields.count else { continue }
            // Field 4 is the root of the mount: a bind mount of a part would hide the host's other cgroups.
            if fields[dash + 1] == "cgroup2", fields[3] == "/" { return String(fields[4]) }
        }
        return nil
    }

    /// Makes the cgroup `name`, which may be a path, inside the lab's own; throws what the file system says.
    public func group(_ name: String) throws -> Group {
        let group = Group(path: path + "/" + name, cgroupPath: cgroupPath + "/" + name)
        try FileManager.default.createDirectory(atPath: group.path, withIntermediateDirectories: name.contains("/"))
        return group
    }

    /// Removes one cgroup in which nothing runs any more, as a runtime does when a container has ended.
    ///
    /// - Throws: ``LaunchError`` if the kernel does not let it.
    public static func remove(_ group: Group) throws {
        let deadline = ContinuousClock.now + .seconds(5)
        while rmdir(group.path) != 0 {
            guard errno == EBUSY, ContinuousClock.now < deadline else {
                throw LaunchError("\(group.path): \(String(cString: strerror(errno)))")
            }
            usleep(2000)
        }
    }

    /// Kills what still runs in the lab's cgroups, waits for it, and removes them; does nothing the second time.
    public func remove() {
        Self.removeTree(path)
    }

    private static func removeTree(_ path: String) {
        // What is gone has no children.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
            var isDirectory: ObjCBool = false
            let child = path + "/" + name
            if FileManager.default.fileExists(atPath: child, isDirectory: &isDirectory), isDirectory.boolValue {
                removeTree(child)
            }
        }
        // A killed process stays in its cgroup until it is gone; five seconds are ages for that.
        let deadline = ContinuousClock.now + .seconds(5)
        while rmdir(path) != 0, errno == EBUSY, ContinuousClock.now < deadline {
            let members = (try? String(contentsOfFile: path + "/cgroup.procs", encoding: .utf8)) ?? ""
            for member in members.split(separator: "\n").compactMap({ pid_t($0) }) { kill(member, SIGKILL) }
            usleep(2000)
        }
    }
}
