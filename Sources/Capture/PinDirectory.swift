// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Foundation

/// Where maps and hooks are pinned, so that counting goes on while no agent runs and a restarted agent goes on where
/// the last one stopped.
///
/// The layout of the maps is part of the path: a release with another layout pins beside this one.
struct PinDirectory {
    /// Path of this layout's directory.
    let path: String

    /// Raised whenever `bpf/flow.h` or the maps change in a way that an older agent's pins do not fit.
    static let layout = "v1"

    /// Pins below `root`, which is made if its parent is on a BPF file system.
    init(root: String) throws(CaptureError) {
        path = root + "/" + Self.layout
        for directory in [root, path] where mkdir(directory, 0o700) != 0 && errno != EEXIST {
            let code = errno
            // A matter of permissions on directories: no capability of the meter's helps.
            throw CaptureError(
                code == EACCES || code == EPERM ? .notPermitted : .refused,
                "the pin directory \(directory) cannot be made: \(String(cString: strerror(code))). The user of this "
                    + "process must be able to reach it and to write the directory that it is in"
            )
        }
        guard netledger_is_bpf_file_system(path) else {
            throw CaptureError(
                .refused,
                "\(root) is not on a BPF file system: mount one with `mount -t bpf bpf /sys/fs/bpf`, or run without --pin"
            )
        }
    }

    /// The file that pins the map or hook called `name`.
    func file(_ name: String) -> String {
        path + "/" + name
    }

    /// Flows that fit in the pinned maps; `nil` if there are none, or they were never finished.
    func capacity() -> UInt32? {
        let journal = bpf_obj_get(file("journal"))
        guard journal >= 0 else { return nil }
        defer { close(journal) }
        var key: UInt32 = 0
        var value = flow_journal()
        guard bpf_map_lookup_elem(journal, &key, &value) == 0 else { return nil }
        guard withUnsafeBytes(of: value.boot_id, { $0.contains { $0 != 0 } }) else { return nil }
        let slots = bpf_obj_get(file("slots"))
        guard slots >= 0 else { return nil }
        defer { close(slots) }
        var info = bpf_map_info()
        var size = UInt32(MemoryLayout<bpf_map_info>.size)
        return bpf_obj_get_info_by_fd(slots, &info, &size) == 0 ? info.max_entries : nil
    }

    /// Removes every pin: what nobody else holds is gone, hooks and counters included.
    func removeFiles() throws(CaptureError) {
        // A directory that cannot be listed is gone.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where unlink(file(name)) != 0 {
            throw BPFObject.error(errno, "the pin \(file(name)) cannot be removed")
        }
    }

    /// Removes every pin, and the directories unless they hold something else.
    func remove() throws(CaptureError) {
        try removeFiles()
        rmdir(path)
        rmdir(String(path.dropLast(Self.layout.count + 1)))
    }
}
