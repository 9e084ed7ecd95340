// SPDX-License-Identifier: Apache-2.0

/// Finds the cgroup v2 hierarchy: it is not at the same place on every host.
public enum CgroupRoot {
    /// The mount point of the cgroup v2 file system that shows the whole hierarchy.
    ///
    /// On hosts that also mount version 1 (hybrid) it is often `/sys/fs/cgroup/unified`. A bind mount of a part of
    /// the hierarchy is not taken. The line format is that of proc_pid_mountinfo(5).
    ///
    /// - Parameter mountInfo: The text of `/proc/self/mountinfo`.
    /// - Throws: ``CaptureError`` with code `noCgroup2` if no such mount is listed.
    public static func find(mountInfo: String) throws(CaptureError) -> String {
        for line in mountInfo.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 1 else { continue }
            guard fields[dash + 1] == "cgroup2", fields[3] == "/" else { continue }
            return unescape(fields[4])
        }
        throw CaptureError(
            .noCgroup2,
            "no cgroup v2 mount in /proc/self/mountinfo: boot with systemd.unified_cgroup_hierarchy=1, or "
                + "mount one with `mount -t cgroup2 none /sys/fs/cgroup/unified` and try again"
        )
    }

    /// Undoes the octal escapes (`\040` for a blank) of a path in mountinfo.
    private static func unescape(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
