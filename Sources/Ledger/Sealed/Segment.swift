// SPDX-License-Identifier: Apache-2.0
import Traffic

/// The bytes of up to 1,024 rows of a closed bucket; `README.md` describes them.
enum Segment {
    /// The most rows of a segment: few enough to read one series without its whole bucket, and enough to pack well.
    static let maximumRows = 1024

    static let format: UInt8 = 1
    /// Where the widths of the four columns' values stand, up to the header's end.
    static let widthsOffset = 16
    static let headerSize = 80
    static let checksumSize = 8

    /// How the ids of the series are written.
    enum IDs: UInt8 {
        /// Not at all: each is one more than the one before.
        case consecutive = 0
        /// A bit for each id from the first to the last.
        case bitmap = 1
        /// For each but the first, how many ids were skipped before it, seven bits to a byte.
        case gaps = 2
    }

    /// Packs `rows`, of which there are 1...``maximumRows``, for `key`.
    static func pack(_ rows: SegmentRows, key: Int64) -> [UInt8] {
        let classes = [
            WidthClasses(for: rows.counters.lazy.map(\.egressBytes)),
            WidthClasses(for: rows.counters.lazy.map(\.ingressBytes)),
            WidthClasses(for: rows.counters.lazy.map(\.egressPackets)),
            WidthClasses(for: rows.counters.lazy.map(\.ingressPackets)),
        ]
        let (kind, ids) = pack(ids: rows.ids)
        var tags: [UInt8] = []
        tags.reserveCapacity(2 * rows.count)
        var bits = BitWriter()
        for counters in rows.counters {
            let values = (
                counters.egressBytes, counters.ingressBytes, counters.egressPackets, counters.ingressPackets
            )
            let first = classes[0].tag(of: values.0)
            let second = classes[1].tag(of: values.1)
            let third = classes[2].tag(of: values.2)
            let fourth = classes[3].tag(of: values.3)
            tags.append(UInt8(first | second << 4))
            tags.append(UInt8(third | fourth << 4))
            bits.append(values.0, width: Int(classes[0].widths[first]))
            bits.append(values.1, width: Int(classes[1].widths[second]))
            bits.append(values.2, width: Int(classes[2].widths[third]))
            bits.append(values.3, width: Int(classes[3].widths[fourth]))
        }
        bits.finish()

        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerSize + ids.count + tags.count + bits.bytes.count + checksumSize)
        bytes.append(format)
        bytes.append(kind.rawValue)
        bytes.append(littleEndian: UInt64(rows.count), bytes: 2)
        bytes.append(littleEndian: UInt64(ids.count), bytes: 4)
        bytes.append(littleEndian: UInt64(bits.bitCount), bytes: 4)
        bytes.append(littleEndian: 0, bytes: 4)
        for column in classes { bytes += column.widths }
        bytes += ids
        bytes += tags
        bytes += bits.bytes
        bytes.append(littleEndian: bytes.withUnsafeBytes { Checksum.of($0, key: key) }, bytes: checksumSize)
        return bytes
    }

    private static func pack(ids: [Int32]) -> (IDs, [UInt8]) {
        guard let first = ids.first, let last = ids.last, Int(last) - Int(first) + 1 != ids.count else {
            return (.consecutive, [])
        }
        var gaps: [UInt8] = []
        for (previous, id) in zip(ids, ids.dropFirst()) {
            var gap = UInt32(id - previous - 1)
            while gap >= 0x80 {
                gaps.append(UInt8(gap & 0x7f) | 0x80)
                gap >>= 7
            }
            gaps.append(UInt8(gap))
        }
        // Whole words, so that they can be read as such.
        let bitmapSize = (Int(last) - Int(first)) / 64 * 8 + 8
        guard bitmapSize < gaps.count else { return (.gaps, gaps) }
        var bitmap = [UInt8](repeating: 0, count: bitmapSize)
        for id in ids { bitmap[Int(id - first) / 8] |= 1 << UInt8((id - first) % 8) }
        return (.bitmap, bitmap)
    }
}

extension [UInt8] {
    fileprivate mutating func append(littleEndian value: UInt64, bytes: Int) {
        for index in 0..<bytes { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }
}
