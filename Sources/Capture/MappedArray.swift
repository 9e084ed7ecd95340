// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc

/// A BPF array map as memory that this process shares with the kernel's programs.
///
/// Pages count as memory of this process once they are mapped, so the array is mapped piece by piece, as far as it
/// is used. One thread uses it at a time; the kernel's programs may write at any moment.
final class MappedArray<Element: BitwiseCopyable> {
    /// Elements in the map.
    let count: Int

    private let descriptor: CInt
    private let name: String
    private var pieces: [UnsafeMutablePointer<Element>] = []

    /// Elements in a piece: a whole number of pages for elements of 64 bytes and more.
    private static var pieceCount: Int { 4096 }

    init(object: BPFObject, map name: String, count: Int) throws(CaptureError) {
        self.name = name
        self.count = count
        descriptor = try object.map(name)
        try reach(1)
    }

    deinit {
        for (number, piece) in pieces.enumerated() { munmap(piece, Self.bytes(ofPiece: number, count: count)) }
    }

    /// Makes the first `length` elements, at most ``count``, accessible.
    func reach(_ length: Int) throws(CaptureError) {
        while pieces.count * Self.pieceCount < min(length, count) {
            let offset = pieces.count * Self.pieceCount * MemoryLayout<Element>.stride
            let size = Self.bytes(ofPiece: pieces.count, count: count)
            let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, off_t(offset))
            guard let memory, memory != MAP_FAILED else {
                throw BPFObject.error(errno, "the BPF map \(name) cannot be mapped into memory")
            }
            pieces.append(memory.bindMemory(to: Element.self, capacity: Self.pieceCount))
        }
    }

    /// The element, which ``reach(_:)`` must have made accessible.
    subscript(number: Int) -> Element {
        get { pieces[number / Self.pieceCount][number % Self.pieceCount] }
        _modify { yield &pieces[number / Self.pieceCount][number % Self.pieceCount] }
    }

    private static func bytes(ofPiece number: Int, count: Int) -> Int {
        min(pieceCount, count - number * pieceCount) * MemoryLayout<Element>.stride
    }
}
