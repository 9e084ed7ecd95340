// SPDX-License-Identifier: Apache-2.0

/// Where the parts of a segment stand in its bytes; all of them lie within.
struct SegmentLayout {
    /// How many rows there are.
    let count: Int
    /// How the ids are written.
    let kind: Segment.IDs
    /// Where they stand.
    let ids: Range<Int>
    /// Where the rows' tags begin, two bytes each.
    let tags: Int
    /// Where the values begin.
    let bits: Int
    /// How many bits they have; eight bytes at least follow them.
    let bitCount: Int

    /// The layout of `bytes`; `nil` if they are not what was packed for `key`.
    init?(_ bytes: UnsafeRawBufferPointer, key: Int64) {
        guard bytes.count >= Segment.headerSize + Segment.checksumSize else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - Segment.checksumSize)])
        let stored = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: body.count, as: UInt64.self))
        guard
            Checksum.of(body, key: key) == stored, bytes[0] == Segment.format,
            let kind = Segment.IDs(rawValue: bytes[1])
        else { return nil }
        count = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        let idBytes = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        bitCount = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        self.kind = kind
        tags = Segment.headerSize + idBytes
        ids = Segment.headerSize..<tags
        bits = tags + 2 * count
        guard (1...Segment.maximumRows).contains(count), bits + (bitCount + 7) / 8 == body.count else { return nil }
        guard bytes[Segment.widthsOffset..<Segment.headerSize].allSatisfy({ $0 <= 64 }) else { return nil }
    }
}
