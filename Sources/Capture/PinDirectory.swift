// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Foundation

/// Where hooks and maps are pinned, so that counting goes on while no agent runs and a restarted agent goes on where
/// the last one stopped.
///
/// `hooks/` holds the hooks. Maps have a directory that names their layout and generation, like `v1-3`. An agent that
/// needs other maps than the newest ones pins a new generation, turns the hooks to it, and takes over what the older
/// ones still hold; see ``Predecessor``. Maps that another generation may have taken over are never counted to again.
struct PinDirectory {
    /// The directory of everything.
    let root: String
    /// The directory of the maps.
    let maps: String

    /// Raised whenever `bpf/flow.h` or the maps change in a way that older pins do not fit.
    ///
    /// The release that raises it has to read the maps of the layouts before it, or refuse them as this one does.
    static let layout = "v1"
    /// Name of the directory of the hooks.
    static let hooks = "hooks"

    /// The newest maps below `root` if they are for `capacity` flows, or else the next generation; what is missing of
    /// the directories is made, if their parent is on a BPF file system.
    ///
    /// - Throws: ``CaptureError`` if there are maps of a layout that this release cannot read.
    init(root: String, capacity: UInt32) throws(CaptureError) {
        try Self.make(root)
        try Self.make(root + "/" + Self.hooks)
        let all = try Self.generations(of: root)
        let newest = all.last { PinDirectory(root: root, generation: $0).isFinished }
            .map {
                PinDirectory(root: root, generation: $0)
            }
        if let newest, newest.capacity == capacity {
            self = newest
        } else {
            self.init(root: root, generation: (all.last ?? 0) + 1)
            try Self.make(maps)
        }
        guard netledger_is_bpf_file_system(maps) else {
            throw CaptureError(
                .refused,
                "\(root) is not on a BPF file system: mount one with `mount -t bpf bpf /sys/fs/bpf`, or run without --pin"
            )
        }
    }

    private init(root: String, generation: UInt32) {
        self.root = root
        maps = "\(root)/\(Self.layout)-\(generation)"
    }

    private static func make(_ directory: String) throws(CaptureError) {
        guard mkdir(directory, 0o700) != 0, errno != EEXIST else { return }
        let code = errno
        // A matter of permissions on directories: no capability of the meter's helps.
        throw CaptureError(
            code == EACCES || code == EPERM ? .notPermitted : .refused,
            "the pin directory \(directory) cannot be made: \(String(cString: strerror(code))). The user of this "
                + "process must be able to reach it and to write the directory that it is in"
        )
    }

    /// The generation of the maps in the directory called `name`; `nil` if they are of another layout.
    static func generation(_ name: String) -> UInt32? {
        name.hasPrefix(layout + "-") ? UInt32(name.dropFirst(layout.count + 1)) : nil
    }

    /// Generations of maps below `root`, finished or not, oldest first.
    private static func generations(of root: String) throws(CaptureError) -> [UInt32] {
        var found: [UInt32] = []
        for name in entries(of: root) where name != hooks {
            guard let generation = generation(name) else {
                throw CaptureError(
                    .refused,
                    "\(root)/\(name) holds the counters of another release: run that release's "
                        + "`netledger-agent detach --pin \(root)`, or choose another directory"
                )
            }
            found.append(generation)
        }
        return found.sorted()
    }

    /// The other generations, finished or not, oldest first.
    ///
    /// - Throws: ``CaptureError`` if there are maps of a layout that this release cannot read.
    func others() throws(CaptureError) -> [PinDirectory] {
        try Self.generations(of: root).map { PinDirectory(root: root, generation: $0) }.filter { $0.maps != maps }
    }

    /// The file that pins the map called `name`.
    func map(_ name: String) -> String {
        maps + "/" + name
    }

    /// The file that pins the hook called `name`.
    func hook(_ name: String) -> String {
        root + "/" + Self.hooks + "/" + name
    }

    /// True if the maps are pinned and were given an identity.
    var isFinished: Bool {
        (journal()?.bootID ?? 0) != 0
    }

    /// The journal of the pinned maps, as it stands; `nil` if there is none.
    func journal() -> flow_journal? {
        let descriptor = bpf_obj_get(map("journal"))
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var key: UInt32 = 0
        var value = flow_journal()
        return bpf_map_lookup_elem(descriptor, &key, &value) == 0 ? value : nil
    }

    /// Flows that fit in the pinned maps; `nil` if there are none.
    private var capacity: UInt32? {
        let slots = bpf_obj_get(map("slots"))
        guard slots >= 0 else { return nil }
        defer { close(slots) }
        return bpf_map_info(of: slots)?.max_entries
    }

    /// Removes the pins of the maps: counters that no process holds are gone.
    func removeMaps() throws(CaptureError) {
        try Self.removeFiles(in: maps)
    }

    /// Removes the pins of the maps, and their directory.
    func removeDirectory() throws(CaptureError) {
        try removeMaps()
        rmdir(maps)
    }

    /// Removes every pin, of other maps too, and the directories unless they hold something else.
    func removeEverything() throws(CaptureError) {
        try Self.removeFiles(in: root + "/" + Self.hooks)
        rmdir(root + "/" + Self.hooks)
        for other in try others() { try other.removeDirectory() }
        try removeDirectory()
        rmdir(root)
    }

    private static func removeFiles(in directory: String) throws(CaptureError) {
        for name in entries(of: directory) where unlink(directory + "/" + name) != 0 {
            throw BPFObject.error(errno, "the pin \(directory)/\(name) cannot be removed")
        }
    }

    /// Names in a directory; one that cannot be listed is gone.
    private static func entries(of directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }
}
