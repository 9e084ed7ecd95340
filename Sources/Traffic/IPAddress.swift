// SPDX-License-Identifier: Apache-2.0

/// An IPv4 or IPv6 address.
///
/// Both families share one 128-bit space: an IPv4 address is held as its IPv4-mapped IPv6 form
/// (`::ffff:a.b.c.d`, RFC 4291 section 2.5.5.2). So the peer of a v4-mapped IPv6 socket and the peer of an
/// IPv4 socket are the same value, which is what crosses the wire.
public struct IPAddress: Hashable, Sendable {
    /// The address as a number, most significant byte first on the wire.
    public let bits: UInt128

    /// The prefix of all IPv4-mapped addresses, `::ffff:0:0/96`.
    private static let mappedPrefix: UInt128 = 0xffff_0000_0000

    /// The address whose 128-bit form is `bits`; `::ffff:0:0/96` is IPv4.
    public init(bits: UInt128) {
        self.bits = bits
    }

    /// An IPv4 address from its 32-bit number, most significant byte first.
    public init(v4 number: UInt32) {
        bits = Self.mappedPrefix | UInt128(number)
    }

    /// True if the address is IPv4, mapped or not.
    public var isIPv4: Bool {
        bits >> 32 == 0xffff
    }

    /// The 32-bit number of an IPv4 address, or `nil` for IPv6.
    public var v4: UInt32? {
        isIPv4 ? UInt32(truncatingIfNeeded: bits) : nil
    }

    /// Bits in an address of this family: 32 or 128.
    public var width: Int {
        isIPv4 ? 32 : 128
    }
}

extension IPAddress: Comparable {
    /// Orders by the 128-bit number, so all IPv4 addresses stand together.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.bits < right.bits
    }
}
