// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Glibc

/// What a pin directory holds, read without changing it.
public struct PinnedCounters: Hashable, Sendable {
    /// Directories of maps that are there, such as `v1-3`: layout and generation.
    public var directories: [String]
    /// Those of them whose layout this program does not read.
    public var foreign: [String]
    /// Identity of the counters, as in every batch that is made from them; `nil` if there are none, or they were never
    /// finished.
    public var bootID: UInt128?
    /// Number of the last committed drain.
    public var committed: UInt64
    /// Flows that fit.
    public var capacity: UInt32
    /// Number of the map of the flows in the kernel, by which its users can be found; `nil` if there is none.
    public var mapID: UInt32?

    /// Counters described by hand, for tests.
    public init(
        directories: [String],
        foreign: [String],
        bootID: UInt128?,
        committed: UInt64,
        capacity: UInt32,
        mapID: UInt32?
    ) {
        self.directories = directories
        self.foreign = foreign
        self.bootID = bootID
        self.committed = committed
        self.capacity = capacity
        self.mapID = mapID
    }

    /// True if `path` is on a BPF file system; false also if it does not exist.
    public static func isBPFFileSystem(_ path: String) -> Bool {
        netledger_is_bpf_file_system(path)
    }

    /// Looks at the directory `root`, and in it at the newest counters that are finished.
    ///
    /// - Parameter names: The names in it.
    /// - Throws: ``CaptureError`` if pins are there and may not be read.
    public init(root: String, names: [String]) throws(CaptureError) {
        BPFLog.capture()
        let directories = names.filter { $0 != PinDirectory.hooks }.sorted()
        self.init(
            directories: directories,
            foreign: directories.filter { PinDirectory.generation($0) == nil },
            bootID: nil,
            committed: 0,
            capacity: 0,
            mapID: nil
        )
        for generation in directories.compactMap(PinDirectory.generation).sorted().reversed() where bootID == nil {
            try read("\(root)/\(PinDirectory.layout)-\(generation)")
        }
    }

    private mutating func read(_ folder: String) throws(CaptureError) {
        if let slots = try Self.open(folder + "/slots") {
            defer { close(slots) }
            guard let info = bpf_map_info(of: slots) else { return }
            mapID = info.id
            capacity = info.max_entries
        }
        if let journal = try Self.open(folder + "/journal") {
            defer { close(journal) }
            var key: UInt32 = 0
            var value = flow_journal()
            guard bpf_map_lookup_elem(journal, &key, &value) == 0 else { return }
            bootID = value.bootID == 0 ? nil : value.bootID
            committed = value.committed
        }
    }

    private static func open(_ path: String) throws(CaptureError) -> CInt? {
        let descriptor = bpf_obj_get(path)
        guard descriptor < 0 else { return descriptor }
        guard descriptor == -ENOENT else { throw BPFObject.error(-descriptor, "the pin \(path) cannot be read") }
        return nil
    }
}
