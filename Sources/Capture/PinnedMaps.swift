// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc

/// Maps opened by their pins; `deinit` closes them.
final class PinnedMaps: MapSource {
    /// Where their fields stand.
    let layout: MapLayout

    private let pins: PinDirectory
    private var descriptors: [String: CInt] = [:]

    /// Name of the pin of the maps' own description.
    private static let description = "layout"

    /// Opens finished pins; `nil` if they were never finished, and hold nothing.
    ///
    /// - Throws: ``CaptureError`` if they may not be read, or have a layout that this release cannot read.
    init?(_ pins: PinDirectory) throws(CaptureError) {
        self.pins = pins
        if pins.describesItself {
            guard let text = try Self.description(of: pins) else { return nil }
            layout = MapLayout(text: text)
        } else {
            layout = .first
        }
        guard try Self.open(pins.map("journal")).map({ descriptors["journal"] = $0 }) != nil else { return nil }
        guard try Journal(maps: self, layout: layout).bootID != 0 else { return nil }
        // Before any hook is turned away from them.
        _ = try SlotReader(maps: self, layout: layout)
    }

    deinit {
        for descriptor in descriptors.values { close(descriptor) }
    }

    func map(_ name: String) throws(CaptureError) -> CInt {
        if let descriptor = descriptors[name] { return descriptor }
        guard let descriptor = try Self.open(pins.map(name)) else {
            throw CaptureError(.refused, "the pinned map \(pins.map(name)) is missing")
        }
        descriptors[name] = descriptor
        return descriptor
    }

    func unreadable(_ what: String) -> CaptureError {
        CaptureError(.refused, pins.foreign("holds the counters of another release, without the \(what) of this one"))
    }

    /// Entries that fit in the map called `name`.
    func entries(_ name: String) throws(CaptureError) -> UInt32 {
        guard let info = bpf_map_info(of: try map(name)) else {
            throw BPFObject.error(errno, "the size of the pinned map \(pins.map(name)) cannot be read")
        }
        return info.max_entries
    }

    /// Opens a pin; `nil` if there is none.
    private static func open(_ path: String) throws(CaptureError) -> CInt? {
        BPFLog.capture()
        let descriptor = bpf_obj_get(path)
        guard descriptor < 0 else { return descriptor }
        guard descriptor == -ENOENT else { throw BPFObject.error(-descriptor, "the pin \(path) cannot be read") }
        return nil
    }

    /// The text that describes the maps in `pins`; `nil` if they were not finished.
    private static func description(of pins: PinDirectory) throws(CaptureError) -> String? {
        guard let descriptor = try open(pins.map(description)) else { return nil }
        defer { close(descriptor) }
        guard let info = bpf_map_info(of: descriptor) else {
            throw BPFObject.error(errno, "the layout of \(pins.maps) cannot be read")
        }
        var key: UInt32 = 0
        var text = [UInt8](repeating: 0, count: Int(info.value_size))
        let status = bpf_map_lookup_elem(descriptor, &key, &text)
        guard status == 0 else { throw BPFObject.error(-status, "the layout of \(pins.maps) cannot be read") }
        return String(decoding: text, as: UTF8.self)
    }

    /// Pins the text that describes the maps in `pins`.
    static func describe(_ pins: PinDirectory, _ layout: MapLayout) throws(CaptureError) {
        var text = Array(layout.text.utf8)
        let descriptor = bpf_map_create(BPF_MAP_TYPE_ARRAY, description, 4, UInt32(text.count), 1, nil)
        guard descriptor >= 0 else { throw BPFObject.error(-descriptor, "the layout of the maps cannot be kept") }
        defer { close(descriptor) }
        var key: UInt32 = 0
        let status = bpf_map_update_elem(descriptor, &key, &text, UInt64(BPF_ANY))
        guard status == 0 else { throw BPFObject.error(-status, "the layout of the maps cannot be kept") }
        let pinned = bpf_obj_pin(descriptor, pins.map(description))
        guard pinned == 0 else { throw BPFObject.error(-pinned, "the layout of the maps cannot be pinned") }
    }
}
