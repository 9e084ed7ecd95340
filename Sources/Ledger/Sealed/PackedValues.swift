// SPDX-License-Identifier: Apache-2.0
import Traffic

/// The values of a segment's rows: the loops over them are what answers about long ranges wait for.
///
/// It reads no more than the eight bytes behind the values, which are the checksum.
struct PackedValues {
    private let stream: UnsafeRawPointer
    private let tags: UnsafeRawPointer
    private let widths: UnsafeRawPointer
    private let masks: UnsafePointer<UInt64>
    private let count: Int
    private let bitCount: Int
    private let isNarrow: Bool

    /// Hands the values of the segment `bytes`, which has this `layout`, to `body`, which must not keep them.
    ///
    /// - Returns: What `body` does; `nil` if there are no bytes.
    static func with<Result>(
        _ bytes: UnsafeRawBufferPointer,
        _ layout: SegmentLayout,
        _ body: (PackedValues) -> Result
    ) -> Result? {
        guard let base = bytes.baseAddress else { return nil }
        let widths = base + Segment.widthsOffset
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 4 * WidthClasses.count) { masks in
            guard let first = masks.baseAddress else { return nil }
            var widest: UInt8 = 0
            for place in masks.indices {
                let width = widths.load(fromByteOffset: place, as: UInt8.self)
                widest = max(widest, width)
                first[place] = width < 64 ? (1 &<< UInt64(width)) &- 1 : .max
            }
            return body(
                PackedValues(
                    stream: base + layout.bits,
                    tags: base + layout.tags,
                    widths: widths,
                    masks: first,
                    count: layout.count,
                    bitCount: layout.bitCount,
                    // A word of eight bytes has all of such a value, at whichever bit of a byte it begins.
                    isNarrow: widest <= 56
                )
            )
        }
    }

    /// Hands each row's index and counters to `body`, in their order.
    ///
    /// - Returns: False if the values have more or fewer bits than they should; rows may have been handed out then.
    @inline(__always)
    func visit(_ body: (Int, FlowCounters) -> Void) -> Bool {
        isNarrow ? visit(body, load: { narrow($0, $1) }) : visit(body, load: { wide($0, $1) })
    }

    /// Hands the counters of the rows at `indices`, which ascend, to `body`, and passes over the others.
    ///
    /// - Returns: False if the values up to the last of them have more bits than they should.
    func visit(of indices: [Int], _ body: (Int, FlowCounters) -> Void) -> Bool {
        var (position, row) = (0, 0)
        for (number, index) in indices.enumerated() {
            while row < index {
                position &+= width(of: tag(row))
                row &+= 1
            }
            let tag = tag(row)
            guard position &+ width(of: tag) <= bitCount else { return false }
            body(number, counters(tag, position) { isNarrow ? narrow($0, $1) : wide($0, $1) })
        }
        return true
    }

    @inline(__always)
    private func visit(_ body: (Int, FlowCounters) -> Void, load: (Int, Int) -> UInt64) -> Bool {
        var position = 0
        for row in 0..<count {
            let tag = tag(row)
            let end = position &+ width(of: tag)
            guard end <= bitCount else { return false }
            body(row, counters(tag, position, load))
            position = end
        }
        return position == bitCount
    }

    @inline(__always)
    private func tag(_ row: Int) -> Int {
        Int(UInt16(littleEndian: tags.loadUnaligned(fromByteOffset: 2 &* row, as: UInt16.self)))
    }

    /// Where the width of the value in `column` of a row with `tag` stands.
    @inline(__always)
    private func place(_ tag: Int, _ column: Int) -> Int {
        column &* WidthClasses.count &+ tag &>> (4 &* column) & 15
    }

    @inline(__always)
    private func width(_ place: Int) -> Int {
        Int(widths.load(fromByteOffset: place, as: UInt8.self))
    }

    @inline(__always)
    private func width(of tag: Int) -> Int {
        width(place(tag, 0)) &+ width(place(tag, 1)) &+ width(place(tag, 2)) &+ width(place(tag, 3))
    }

    @inline(__always)
    private func counters(_ tag: Int, _ position: Int, _ load: (Int, Int) -> UInt64) -> FlowCounters {
        let (first, second, third, fourth) = (place(tag, 0), place(tag, 1), place(tag, 2), place(tag, 3))
        let secondBit = position &+ width(first)
        let thirdBit = secondBit &+ width(second)
        return FlowCounters(
            egressBytes: load(position, first),
            ingressBytes: load(secondBit, second),
            egressPackets: load(thirdBit, third),
            ingressPackets: load(thirdBit &+ width(third), fourth)
        )
    }

    @inline(__always)
    private func narrow(_ bit: Int, _ place: Int) -> UInt64 {
        word(bit) & masks[place]
    }

    @inline(__always)
    private func wide(_ bit: Int, _ place: Int) -> UInt64 {
        let width = width(place)
        guard width > 56 else { return word(bit) & masks[place] }
        return word(bit) & 0xffff_ffff | (word(bit &+ 32) << 32 & masks[place])
    }

    /// The 57 bits or more from `bit` on.
    @inline(__always)
    private func word(_ bit: Int) -> UInt64 {
        UInt64(littleEndian: stream.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self)) &>> UInt64(bit & 7)
    }
}
