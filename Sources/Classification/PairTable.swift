// SPDX-License-Identifier: Apache-2.0

/// Numbers pairs of numbers in the order in which they first appear.
///
/// A hash table of its own, because the standard one takes five times as long for such keys. Its multiplier is
/// random, so that nobody who chooses the pairs can choose those that collide.
public struct PairTable: Sendable {
    private struct Slot {
        var pair: UInt64
        /// The pair's number plus one; 0 in a slot that is free.
        var number: UInt32
    }

    private static let multiplier = UInt64.random(in: 0 ... .max) | 1

    private var slots: [Slot]
    /// What is left of a hash is the index of a slot.
    private var shift: UInt64
    private var count = 0

    /// A table with room for `capacity` pairs before it grows.
    public init(capacity: Int) {
        let bits = max(4, Int.bitWidth - (capacity * 2).leadingZeroBitCount)
        slots = Array(repeating: Slot(pair: 0, number: 0), count: 1 << bits)
        shift = UInt64(64 - bits)
    }

    /// The number of the pair; a new one gets the next, which is how many there were.
    public mutating func place(of first: Int32, _ second: Int32) -> Int {
        let pair = UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
        let index = slot(of: pair)
        let number = slots[index].number
        if number > 0 { return Int(number) - 1 }
        count += 1
        slots[index] = Slot(pair: pair, number: UInt32(count))
        if count * 2 > slots.count { grow() }
        return count - 1
    }

    /// The slot that holds `pair`, or the free one where it belongs.
    private func slot(of pair: UInt64) -> Int {
        // The highest bits of the product depend on all bits of both numbers.
        var index = Int(truncatingIfNeeded: (pair &* Self.multiplier) &>> shift)
        while slots[index].number > 0, slots[index].pair != pair { index = (index &+ 1) & (slots.count &- 1) }
        return index
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(pair: 0, number: 0), count: old.count * 2)
        shift -= 1
        for entry in old where entry.number > 0 { slots[slot(of: entry.pair)] = entry }
    }
}
