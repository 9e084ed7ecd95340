// SPDX-License-Identifier: Apache-2.0

/// A block of addresses in one family: a base address and the number of leading bits that are fixed.
public struct CIDR: Hashable, Sendable {
    /// The lowest address of the block; bits beyond the prefix are zero.
    public let base: IPAddress

    /// Fixed leading bits, counted in the base's own family: 0...32 for IPv4, 0...128 for IPv6.
    public let prefixLength: Int

    /// The block of `prefixLength` leading bits around `address`; `nil` if the length does not fit its family.
    public init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.width).contains(prefixLength) else { return nil }
        let free = address.width - prefixLength
        self.prefixLength = prefixLength
        base = IPAddress(bits: free == 128 ? 0 : (address.bits >> UInt128(free)) << UInt128(free))
    }

    /// True if `address` is of the same family and shares the prefix.
    public func contains(_ address: IPAddress) -> Bool {
        guard address.isIPv4 == base.isIPv4 else { return false }
        let free = base.width - prefixLength
        return free == 128 || (address.bits ^ base.bits) >> UInt128(free) == 0
    }

    /// True if every address of `other` is in this block.
    public func contains(_ other: CIDR) -> Bool {
        other.prefixLength >= prefixLength && contains(other.base)
    }
}

extension CIDR: LosslessStringConvertible {
    /// Parses `address/length`, or a bare address as a block of one.
    ///
    /// Bits beyond the prefix are cleared, as Go's `net.ParseCIDR` does, so `10.1.2.3/8` is `10.0.0.0/8`.
    /// `nil` if the text is not an address, or the length is absent, has a sign or does not fit the family.
    public init?(_ description: String) {
        guard let slash = description.firstIndex(of: "/") else {
            guard let address = IPAddress(description) else { return nil }
            self.init(address, prefixLength: address.width)
            return
        }
        let digits = description[description.index(after: slash)...]
        guard
            let address = IPAddress(description[..<slash]),
            (1...3).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let length = Int(digits)
        else { return nil }
        // A mapped base written as IPv6 counts its 96 fixed bits; the block itself is IPv4.
        let writtenAsIPv6 = address.isIPv4 && description[..<slash].contains(":")
        self.init(address, prefixLength: writtenAsIPv6 ? length - 96 : length)
    }

    /// The block as `base/length`.
    public var description: String {
        "\(base)/\(prefixLength)"
    }
}
