// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc

/// All values of a BPF array map as memory that this process shares with the kernel, whatever is in them.
final class MappedValues {
    /// Values in the map.
    let count: Int

    private let memory: UnsafeMutableRawPointer
    private let stride: Int

    /// - Throws: ``CaptureError`` if the map cannot be mapped, or has not room for the fields of the layout that every
    ///   release has.
    init(maps: some MapSource, map name: String, layout: MapLayout) throws(CaptureError) {
        let descriptor = try maps.map(name)
        guard let info = bpf_map_info(of: descriptor) else {
            throw BPFObject.error(errno, "the size of the BPF map \(name) cannot be read")
        }
        // The kernel begins each value at a multiple of 8 bytes.
        stride = (Int(info.value_size) + 7) / 8 * 8
        count = Int(info.max_entries)
        guard layout.length(name) <= stride else { throw maps.unreadable("fields of \(name)") }
        let memory = mmap(nil, stride * count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let memory, memory != MAP_FAILED else {
            throw BPFObject.error(errno, "the BPF map \(name) cannot be mapped into memory")
        }
        self.memory = memory
    }

    deinit {
        munmap(memory, stride * count)
    }

    /// The first byte of a value.
    func value(_ number: Int) -> UnsafeMutableRawPointer {
        memory + number * stride
    }
}
