// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Numbers addresses in the order in which they first appear.
///
/// What is known of an address is then found by its number: a batch names most addresses more than once, and the
/// standard table takes several times as long. As in ``PairTable``, the multipliers are random.
public struct AddressNumbers: Sendable {
    private static let upper = UInt64.random(in: 0 ... .max) | 1
    private static let lower = UInt64.random(in: 0 ... .max) | 1

    /// By number.
    private var addresses: [IPAddress] = []
    /// An address's number plus one; 0 in a slot that is free.
    private var slots: [UInt32]
    private var shift: UInt64

    /// No addresses yet, and room for `capacity` before it grows.
    public init(capacity: Int) {
        let bits = max(4, Int.bitWidth - (capacity * 2).leadingZeroBitCount)
        slots = Array(repeating: 0, count: 1 << bits)
        shift = UInt64(64 - bits)
        addresses.reserveCapacity(capacity)
    }

    /// How many addresses have a number.
    public var count: Int { addresses.count }

    /// The number of `address`; a new one gets the next, which is how many there were.
    public mutating func number(of address: IPAddress) -> Int {
        let index = slot(of: address)
        if slots[index] > 0 { return Int(slots[index]) - 1 }
        addresses.append(address)
        slots[index] = UInt32(addresses.count)
        if addresses.count * 2 > slots.count { grow() }
        return addresses.count - 1
    }

    /// The slot that holds `address`, or the free one where it belongs.
    private func slot(of address: IPAddress) -> Int {
        let mixed =
            (UInt64(truncatingIfNeeded: address.bits >> 64) &* Self.upper)
            &+ (UInt64(truncatingIfNeeded: address.bits) &* Self.lower)
        // A second multiplication, so that the upper bits depend on all of both sums.
        var index = Int(truncatingIfNeeded: ((mixed ^ (mixed &>> 32)) &* Self.upper) &>> shift)
        while slots[index] > 0, addresses[Int(slots[index]) - 1] != address {
            index = (index &+ 1) & (slots.count &- 1)
        }
        return index
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: slots.count * 2)
        shift -= 1
        for (number, address) in addresses.enumerated() { slots[slot(of: address)] = UInt32(number + 1) }
    }
}
