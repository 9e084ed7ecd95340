// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The directories of a cgroup v2 mount.
struct CgroupTree: Sendable {
    /// The mount point, or any directory below it that counts as the root.
    let root: String

    /// Directories that one walk returns at most; a host has a few thousand.
    var limit = 200_000

    /// True if the root is a directory on a cgroup v2 file system: only that has this file in every directory.
    var isCgroup2: Bool {
        access(root + "/cgroup.controllers", F_OK) == 0
    }

    /// Every cgroup's path below the root, starting with `/`, by the inode number of its directory.
    ///
    /// The inode number is the id that the kernel reports for a socket's cgroup. A cgroup that goes away during
    /// the walk is left out.
    func paths() -> [UInt64: String] {
        var paths: [UInt64: String] = [:]
        var status = stat()
        guard stat(root, &status) == 0 else { return paths }
        paths[UInt64(status.st_ino)] = "/"
        var pending = [""]
        while let parent = pending.popLast(), paths.count < limit {
            guard let directory = opendir(root + parent) else { continue }
            defer { closedir(directory) }
            while let entry = Self.nextDirectory(in: directory) {
                let path = parent + "/" + entry.name
                paths[entry.id] = path
                pending.append(path)
            }
        }
        return paths
    }

    /// The next directory in an open one, with its inode number; `nil` if there is no more.
    static func nextDirectory(in directory: OpaquePointer) -> (name: String, id: UInt64)? {
        while let entry = readdir(directory) {
            guard isDirectory(entry, in: directory), let name = name(entry) else { continue }
            return (name, UInt64(entry.pointee.d_ino))
        }
        return nil
    }

    private static func isDirectory(_ entry: UnsafeMutablePointer<dirent>, in directory: OpaquePointer) -> Bool {
        guard entry.pointee.d_type == UInt8(DT_UNKNOWN) else { return entry.pointee.d_type == UInt8(DT_DIR) }
        // Not every file system tells the type here; cgroup2 does.
        var status = stat()
        let failed = withUnsafePointer(to: &entry.pointee.d_name) { name in
            name.withMemoryRebound(to: CChar.self, capacity: 256) {
                fstatat(dirfd(directory), $0, &status, AT_SYMLINK_NOFOLLOW)
            }
        }
        return failed == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The entry's name, or `nil` for `.` and `..`; bytes that are not UTF-8 are replaced.
    private static func name(_ entry: UnsafeMutablePointer<dirent>) -> String? {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return name == "." || name == ".." ? nil : name
    }
}
