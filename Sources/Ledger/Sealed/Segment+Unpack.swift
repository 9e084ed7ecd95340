// SPDX-License-Identifier: Apache-2.0
import Traffic

extension Segment {
    /// Replaces `rows` by those that `bytes`, the segment of `key`, hold.
    ///
    /// - Returns: False if the bytes are not what was packed for `key`, and `rows` are empty then; never reads outside
    ///   of them.
    static func unpack(_ bytes: UnsafeRawBufferPointer, key: Int64, into rows: inout SegmentRows) -> Bool {
        if unpackRows(bytes, key: key, into: &rows) { return true }
        rows.resize(to: 0)
        return false
    }

    private static func unpackRows(_ bytes: UnsafeRawBufferPointer, key: Int64, into rows: inout SegmentRows) -> Bool {
        guard bytes.count >= headerSize + checksumSize else { return false }
        let body = UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count - checksumSize)])
        let stored = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: body.count, as: UInt64.self))
        guard Checksum.of(body, key: key) == stored, bytes[0] == format, let kind = IDs(rawValue: bytes[1]) else {
            return false
        }
        let count = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        let idBytes = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        let bitCount = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        let tagStart = headerSize + idBytes
        let bitStart = tagStart + 2 * count
        guard (1...maximumRows).contains(count), bitStart + (bitCount + 7) / 8 == body.count else { return false }
        rows.resize(to: count)
        let idRange = headerSize..<tagStart
        let hasIDs = rows.ids.withUnsafeMutableBufferPointer {
            unpack(ids: bytes[idRange], kind, first: SegmentKey.series(of: key), into: $0)
        }
        guard hasIDs, bytes[16..<headerSize].allSatisfy({ $0 <= 64 }) else { return false }
        return rows.counters.withUnsafeMutableBufferPointer {
            unpack(values: bytes, tags: tagStart, bits: bitStart, bitCount, into: $0)
        }
    }

    private static func unpack(
        ids bytes: Slice<UnsafeRawBufferPointer>,
        _ kind: IDs,
        first: Int,
        into ids: UnsafeMutableBufferPointer<Int32>
    ) -> Bool {
        var count = 0
        switch kind {
        case .consecutive:
            guard first + ids.count - 1 <= SegmentKey.maximumSeriesID else { return false }
            for index in ids.indices { ids[index] = Int32(first + index) }
            count = ids.count
        case .bitmap:
            guard bytes.count % 8 == 0 else { return false }
            let words = UnsafeRawBufferPointer(rebasing: bytes)
            for word in 0..<(bytes.count / 8) {
                var bits = UInt64(littleEndian: words.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self))
                guard count + bits.nonzeroBitCount <= ids.count else { return false }
                while bits != 0 {
                    ids[count] = Int32(truncatingIfNeeded: first + 64 * word + bits.trailingZeroBitCount)
                    count += 1
                    bits &= bits - 1
                }
            }
        case .gaps:
            var id = first
            ids[0] = Int32(id)
            count = 1
            var (gap, shift) = (0, 0)
            for byte in bytes {
                gap |= Int(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 {
                    id += gap + 1
                    guard id <= SegmentKey.maximumSeriesID, count < ids.count else { return false }
                    ids[count] = Int32(id)
                    count += 1
                    (gap, shift) = (0, 0)
                } else if shift > 28 {
                    return false
                }
            }
        }
        return count == ids.count
    }

    private static func unpack(
        values bytes: UnsafeRawBufferPointer,
        tags: Int,
        bits: Int,
        _ bitCount: Int,
        into counters: UnsafeMutableBufferPointer<FlowCounters>
    ) -> Bool {
        // The checksum behind the bits is what a load of eight bytes may run over into.
        guard let base = bytes.baseAddress else { return false }
        let stream = base + bits
        let widths = base + 16
        @inline(__always)
        func width(_ column: Int, _ tag: UInt16) -> Int {
            Int(widths.load(fromByteOffset: column * WidthClasses.count + Int(tag & 15), as: UInt8.self))
        }
        @inline(__always)
        func value(at bit: Int, width: Int) -> UInt64 {
            @inline(__always)
            func load(_ bit: Int, _ width: Int) -> UInt64 {
                let word = UInt64(littleEndian: stream.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self))
                return word &>> UInt64(bit & 7) & ((1 &<< UInt64(width)) &- 1)
            }
            return width <= 56 ? load(bit, width) : load(bit, 32) | load(bit + 32, width - 32) << 32
        }
        var position = 0
        for row in counters.indices {
            let tag = UInt16(littleEndian: base.loadUnaligned(fromByteOffset: tags + 2 * row, as: UInt16.self))
            let first = width(0, tag)
            let second = width(1, tag >> 4)
            let third = width(2, tag >> 8)
            let fourth = width(3, tag >> 12)
            let end = position &+ first &+ second &+ third &+ fourth
            guard end <= bitCount else { return false }
            counters[row] = FlowCounters(
                egressBytes: value(at: position, width: first),
                ingressBytes: value(at: position &+ first, width: second),
                egressPackets: value(at: position &+ first &+ second, width: third),
                ingressPackets: value(at: end &- fourth, width: fourth)
            )
            position = end
        }
        return position == bitCount
    }
}
