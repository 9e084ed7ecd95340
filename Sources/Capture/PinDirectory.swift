// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Foundation

/// Where hooks and maps are pinned, so that counting goes on while no agent runs and a restarted agent goes on where
/// the last one stopped.
///
/// `hooks/` holds the hooks. Maps have a directory that names their generation, like `v2-3`. An agent that needs other
/// maps than the newest ones, of another size or another ``MapLayout``, pins a new generation, turns the hooks to it,
/// and takes over what the older ones still hold; see ``Predecessor``. Maps that another generation may have taken over
/// are never counted to again.
struct PinDirectory {
    /// The directory of everything.
    let root: String
    /// The directory of the maps.
    let maps: String
    /// True if the maps have their ``MapLayout`` beside them; those of the first releases have not.
    let describesItself: Bool

    /// Name of the directory of the hooks.
    static let hooks = "hooks"
    /// How the names of directories begin that have maps without and with a description.
    private static let prefixes = (plain: "v1-", described: "v2-")

    /// The newest maps below `root` if they are of this layout and for `capacity` flows, or else the next generation;
    /// what is missing of the directories is made, if their parent is on a BPF file system.
    ///
    /// - Throws: ``CaptureError`` if there are maps of a layout that this release cannot read.
    init(root: String, capacity: UInt32, layout: MapLayout) throws(CaptureError) {
        try Self.make(root)
        try Self.make(root + "/" + Self.hooks)
        let all = try Self.generations(of: root)
        var newest: (pins: PinDirectory, maps: PinnedMaps)?
        for (pins, _) in all {
            if let maps = try PinnedMaps(pins) { newest = (pins, maps) }
        }
        if let newest, newest.maps.layout == layout, try newest.maps.entries("slots") == capacity {
            self = newest.pins
        } else {
            self.init(root: root, name: "\(Self.prefixes.described)\((all.last?.generation ?? 0) + 1)")
            try Self.make(maps)
        }
        guard netledger_is_bpf_file_system(maps) else {
            throw CaptureError(
                .refused,
                "\(root) is not on a BPF file system: mount one with `mount -t bpf bpf /sys/fs/bpf`, or run without --pin"
            )
        }
    }

    private init(root: String, name: String) {
        self.root = root
        maps = root + "/" + name
        describesItself = name.hasPrefix(Self.prefixes.described)
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

    /// The maps in the directory called `name` below `root`, and their generation; `nil` if another release named it.
    static func generation(_ name: String, of root: String) -> (pins: PinDirectory, generation: UInt32)? {
        guard name.hasPrefix(prefixes.plain) || name.hasPrefix(prefixes.described),
            let generation = UInt32(name.dropFirst(prefixes.plain.count))
        else { return nil }
        return (PinDirectory(root: root, name: name), generation)
    }

    /// Maps below `root`, finished or not, oldest first.
    private static func generations(
        of root: String
    ) throws(CaptureError) -> [(pins: PinDirectory, generation: UInt32)] {
        var found: [(pins: PinDirectory, generation: UInt32)] = []
        for name in entries(of: root) where name != hooks {
            guard let generation = generation(name, of: root) else {
                throw CaptureError(
                    .refused,
                    PinDirectory(root: root, name: name).foreign("holds the counters of another release")
                )
            }
            found.append(generation)
        }
        return found.sorted { $0.generation < $1.generation }
    }

    /// A sentence that says of these maps what is foreign in them, and what to do.
    func foreign(_ what: String) -> String {
        "\(maps) \(what): run that release's `netledger-agent detach --pin \(root)`, or choose another directory"
    }

    /// The other generations, finished or not, oldest first.
    ///
    /// - Throws: ``CaptureError`` if there are maps of a layout that this release cannot read.
    func others() throws(CaptureError) -> [PinDirectory] {
        try Self.generations(of: root).map(\.pins).filter { $0.maps != maps }
    }

    /// The file that pins the map called `name`.
    func map(_ name: String) -> String {
        maps + "/" + name
    }

    /// The file that pins the hook called `name`.
    func hook(_ name: String) -> String {
        root + "/" + Self.hooks + "/" + name
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

    /// Removes the pins of all hooks but those called `names`, which another release may have had.
    func removeHooks(except names: [String]) throws(CaptureError) {
        try Self.removeFiles(in: root + "/" + Self.hooks, except: names)
    }

    /// Removes every pin, of other maps too, and the directories unless they hold something else.
    func removeEverything() throws(CaptureError) {
        try removeHooks(except: [])
        rmdir(root + "/" + Self.hooks)
        for other in try others() { try other.removeDirectory() }
        try removeDirectory()
        rmdir(root)
    }

    private static func removeFiles(in directory: String, except names: [String] = []) throws(CaptureError) {
        for name in entries(of: directory) where !names.contains(name) && unlink(directory + "/" + name) != 0 {
            throw BPFObject.error(errno, "the pin \(directory)/\(name) cannot be removed")
        }
    }

    /// Names in a directory; one that cannot be listed is gone.
    private static func entries(of directory: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    }
}
