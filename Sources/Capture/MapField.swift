// SPDX-License-Identifier: Apache-2.0

/// Where a field stands in the values of a map.
struct MapField: Hashable, Sendable {
    /// Bytes before it.
    var offset: Int
    /// Its bytes: 1, 2, 4 or 8 of an integer in the host's order, 16 of an address or identity in network order.
    var width: Int

    /// The integer in the value at `value`.
    func integer(in value: UnsafeRawPointer) -> UInt64 {
        switch width {
        case 1: UInt64(value.load(fromByteOffset: offset, as: UInt8.self))
        case 2: UInt64(value.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        case 4: UInt64(value.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        default: value.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        }
    }

    /// Puts an integer of 8 bytes into the value at `value`.
    func store(_ integer: UInt64, in value: UnsafeMutableRawPointer) {
        value.storeBytes(of: integer, toByteOffset: offset, as: UInt64.self)
    }

    /// The 16 bytes in the value at `value`.
    func bits(in value: UnsafeRawPointer) -> UInt128 {
        UInt128(bigEndian: value.loadUnaligned(fromByteOffset: offset, as: UInt128.self))
    }

    /// Puts 16 bytes into the value at `value`.
    func store(_ bits: UInt128, in value: UnsafeMutableRawPointer) {
        value.storeBytes(of: bits.bigEndian, toByteOffset: offset, as: UInt128.self)
    }
}
