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

    /// Replaces `rows` by those of the series `wanted`, which ascend, that `bytes`, the segment of `key`, hold.
    ///
    /// - Returns: The last series of the segment; `nil` if the bytes are not what was packed for `key`.
    static func lookUp(
        _ wanted: ArraySlice<Int>,
        in bytes: UnsafeRawBufferPointer,
        key: Int64,
        into rows: inout SegmentRows
    ) -> Int? {
        guard let layout = SegmentLayout(bytes, key: key), unpackIDs(layout, bytes, key: key, into: &rows.ids) else {
            return nil
        }
        let last = rows.ids.last.map { Int($0) }
        // The rows' places, which then become their ids.
        var places: [Int] = []
        var place = 0
        for id in wanted {
            while place < rows.ids.count, Int(rows.ids[place]) < id { place += 1 }
            guard place < rows.ids.count else { break }
            if Int(rows.ids[place]) == id { places.append(place) }
        }
        let ids = places.map { rows.ids[$0] }
        rows.resize(to: places.count)
        rows.ids = ids
        let isSound =
            PackedValues.with(bytes, layout) { values in
                rows.counters.withUnsafeMutableBufferPointer { counters in
                    values.visit(of: places) { index, value in counters[index] = value }
                }
            } ?? false
        return isSound ? last : nil
    }

    private static func unpackRows(_ bytes: UnsafeRawBufferPointer, key: Int64, into rows: inout SegmentRows) -> Bool {
        guard let layout = SegmentLayout(bytes, key: key), unpackIDs(layout, bytes, key: key, into: &rows.ids) else {
            return false
        }
        rows.resize(to: layout.count)
        return PackedValues.with(bytes, layout) { values in
            rows.counters.withUnsafeMutableBufferPointer { counters in
                values.visit { row, value in counters[row] = value }
            }
        } ?? false
    }

    private static func unpackIDs(
        _ layout: SegmentLayout,
        _ bytes: UnsafeRawBufferPointer,
        key: Int64,
        into ids: inout [Int32]
    ) -> Bool {
        ids.setCount(layout.count, filling: 0)
        return ids.withUnsafeMutableBufferPointer {
            unpack(ids: bytes[layout.ids], layout.kind, first: SegmentKey.series(of: key), into: $0)
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
}
