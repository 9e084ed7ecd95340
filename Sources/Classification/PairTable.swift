// SPDX-License-Identifier: Apache-2.0

/// Numbers pairs of numbers in the order in which they first appear.
///
/// A hash table of its own, because the standard one takes five times as long for such keys. Its multiplier is
/// random, so that nobody who chooses the pairs can choose those that collide.
public struct PairTable: Sendable {
    private static let multiplier = UInt64.random(in: 0 ... .max) | 1

    /// By number.
    private var pairs: [UInt64] = []
    /// A pair's number plus one; 0 in a slot that is free.
    private var slots: [UInt32]
    /// What is left of a hash is the index of a slot.
    private var shift: UInt64

    /// A table with room for `capacity` pairs before it grows.
    public init(capacity: Int) {
        let bits = max(4, Int.bitWidth - (capacity * 2).leadingZeroBitCount)
        slots = Array(repeating: 0, count: 1 << bits)
        shift = UInt64(64 - bits)
        pairs.reserveCapacity(capacity)
    }

    /// The number of the pair; a new one gets the next, which is how many there were.
    public mutating func place(of first: Int32, _ second: Int32) -> Int {
        let pair = UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
        let index = slot(of: pair)
        if slots[index] > 0 { return Int(slots[index]) - 1 }
        pairs.append(pair)
        slots[index] = UInt32(pairs.count)
        if pairs.count * 2 > slots.count { grow() }
        return pairs.count - 1
    }

    /// The slot that holds `pair`, or the free one where it belongs.
    private func slot(of pair: UInt64) -> Int {
        // The highest bits of the product depend on all bits of both numbers.
        var index = Int(truncatingIfNeeded: (pair &* Self.multiplier) &>> shift)
        while slots[index] > 0, pairs[Int(slots[index]) - 1] != pair { index = (index &+ 1) & (slots.count &- 1) }
        return index
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        shift -= 1
        for (number, pair) in pairs.enumerated() { slots[slot(of: pair)] = UInt32(number + 1) }
    }
}
