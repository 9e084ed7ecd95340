// SPDX-License-Identifier: Apache-2.0
import CLibBPF

/// What a pin directory holds, read without changing it.
public struct PinnedCounters: Hashable, Sendable {
    /// Directories of maps that are there, such as `v2-3`.
    public var directories: [String]
    /// Those of them that another release named.
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
        let generations = directories.map { (name: $0, found: PinDirectory.generation($0, of: root)) }
        self.init(
            directories: directories,
            foreign: generations.filter { $0.found == nil }.map(\.name),
            bootID: nil,
            committed: 0,
            capacity: 0,
            mapID: nil
        )
        for (pins, _) in generations.compactMap(\.found).sorted(by: { $0.generation > $1.generation }) {
            try read(pins)
            if bootID != nil { return }
        }
    }

    private mutating func read(_ pins: PinDirectory) throws(CaptureError) {
        guard let maps = try PinnedMaps(pins) else { return }
        let state = try Journal(maps: maps, layout: maps.layout).state
        bootID = state.bootID
        committed = state.committed
        capacity = try maps.entries("slots")
        mapID = bpf_map_info(of: try maps.map("slots"))?.id
    }
}
