// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Foundation
import TestSupport

@testable import Capture

/// Pinned maps that another release might have left: made and filled field by field, as a layout says.
struct CraftedPins {
    /// Slots in the maps.
    static let capacity: UInt32 = 8

    let layout: MapLayout
    private let directory: String

    /// Makes the maps of `layout`, all zero, in the directory called `name`.
    init(_ text: String, in host: PinHost, _ name: String, described: Bool) throws {
        layout = MapLayout(text: text)
        directory = host.pins + "/" + name
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for map in ["slots", "readings"] { try make(map, BPF_MAP_TYPE_ARRAY, Self.capacity, UInt32(BPF_F_MMAPABLE)) }
        try make("journal", BPF_MAP_TYPE_ARRAY, 1, UInt32(BPF_F_MMAPABLE))
        try make("losses", BPF_MAP_TYPE_PERCPU_ARRAY, UInt32(layout.reasons.count) * 2, 0)
        try make("sources", BPF_MAP_TYPE_HASH, Self.capacity, 0)
        if described, let generation = PinDirectory.generation(name, of: host.pins) {
            try PinnedMaps.describe(generation.pins, layout)
        }
    }

    private func make(_ name: String, _ type: bpf_map_type, _ entries: UInt32, _ flags: UInt32) throws {
        let size = layout.length(name)
        guard size > 0, entries > 0 else { return }
        var options = bpf_map_create_opts()
        options.sz = MemoryLayout<bpf_map_create_opts>.size
        options.map_flags = flags
        let map = bpf_map_create(type, name, 4, UInt32(size), entries, &options)
        guard map >= 0 else { throw LaunchError("the map \(name) cannot be made: \(map)") }
        defer { close(map) }
        guard bpf_obj_pin(map, directory + "/" + name) == 0 else { throw LaunchError("\(name) cannot be pinned") }
    }

    /// Sets the value of `key` in the map called `name`: integers by the paths of their fields; 16 bytes from one are
    /// its big-endian form.
    func set(_ name: String, _ key: UInt32, _ integers: [String: UInt64]) throws {
        let map = bpf_obj_get(directory + "/" + name)
        guard map >= 0 else { throw LaunchError("the map \(name) cannot be opened") }
        defer { close(map) }
        // One processor counted all; the others have values of the same size behind it.
        var value = [UInt8](repeating: 0, count: (layout.length(name) + 7) / 8 * 8 * Int(libbpf_num_possible_cpus()))
        for (path, integer) in integers {
            let path = name + "." + path
            if let field = layout.bits(path) {
                for byte in 0..<8 { value[field.offset + 15 - byte] = UInt8(truncatingIfNeeded: integer >> (8 * byte)) }
            } else if let field = layout.integer(path) {
                for byte in 0..<field.width {
                    value[field.offset + byte] = UInt8(truncatingIfNeeded: integer >> (8 * byte))
                }
            } else {
                throw LaunchError("the layout has no \(path)")
            }
        }
        var key = key
        guard bpf_map_update_elem(map, &key, &value, 0) == 0 else { throw LaunchError("\(name) cannot be set") }
    }

    /// Removes the pin of a map.
    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: directory + "/" + name)
    }
}
