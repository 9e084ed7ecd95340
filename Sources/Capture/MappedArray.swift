// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc

/// A BPF array map as memory that this process shares with the kernel's programs.
///
/// Pages count as memory of this process once they are mapped, so the array is mapped piece by piece, as far as it
/// is used, into a range of addresses that is reserved for all of it. One thread uses it at a time; the kernel's
/// programs may write at any moment.
final class MappedArray<Element: BitwiseCopyable> {
    /// Elements in the map.
    let count: Int

    private let descriptor: CInt
    private let name: String
    private let base: UnsafeMutablePointer<Element>
    private var reached = 0

    /// Elements in a piece: a whole number of pages for elements of 64 bytes and more.
    private static var pieceCount: Int { 4096 }

    init(maps: some MapSource, map name: String, count: Int) throws(CaptureError) {
        self.name = name
        self.count = count
        descriptor = try maps.map(name)
        let size = count * MemoryLayout<Element>.stride
        let range = mmap(nil, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let range, range != MAP_FAILED else {
            throw BPFObject.error(errno, "there are no addresses for the BPF map \(name)")
        }
        base = range.bindMemory(to: Element.self, capacity: count)
        try reach(1)
    }

    deinit {
        munmap(base, count * MemoryLayout<Element>.stride)
    }

    /// Makes the first `length` elements, at most ``count``, accessible.
    func reach(_ length: Int) throws(CaptureError) {
        while reached < min(length, count) {
            let piece = min(Self.pieceCount, count - reached)
            let memory = mmap(
                base + reached,
                piece * MemoryLayout<Element>.stride,
                PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_FIXED,
                descriptor,
                off_t(reached * MemoryLayout<Element>.stride)
            )
            guard memory != MAP_FAILED else {
                throw BPFObject.error(errno, "the BPF map \(name) cannot be mapped into memory")
            }
            reached += piece
        }
    }

    /// The element, which ``reach(_:)`` must have made accessible.
    subscript(number: Int) -> Element {
        get { base[number] }
        _modify { yield &base[number] }
    }

    /// Where the element is, which ``reach(_:)`` must have made accessible.
    func address(of number: Int) -> UnsafeMutablePointer<Element> {
        base + number
    }
}
