// SPDX-License-Identifier: Apache-2.0
import Classification
import Traffic

/// Prefixes of both families, in equal parts, and addresses of which half lie in them; the same at every run.
struct AddressMix: CustomStringConvertible {
    /// How the prefixes of IPv6 lie.
    enum Spread: String, CaseIterable {
        /// Anywhere in what the registries have given out.
        case even
        /// In 64 blocks of /32, as those of the clouds do.
        case crowded
    }

    let destinations: Destinations
    let description: String

    private let spread: Spread
    private let blocks: [CIDR]

    init(prefixes count: Int, spread: Spread) {
        self.spread = spread
        description = "\(count) prefixes, \(spread.rawValue)"
        var random = RepeatableNumbers(seed: 1)
        let blocks = (0..<count)
            .map { number in number / 4 % 2 == 0 ? Self.v4(&random) : Self.v6(spread, &random) }
        self.blocks = blocks
        func list(_ number: Int) -> [CIDR] { stride(from: number, to: count, by: 4).map { blocks[$0] } }
        destinations = Destinations(internet: list(0), inZone: list(1), inRegion: list(2), crossRegion: list(3))
    }

    /// `count` addresses: half in a prefix, half anywhere that a prefix could be; half of those IPv6.
    func addresses(_ count: Int) -> [IPAddress] {
        var random = RepeatableNumbers(seed: 2)
        return (0..<count)
            .map { number in
                if number % 2 == 0, let block = blocks.randomElement(using: &random) {
                    return Self.address(in: block, &random)
                }
                let wide = Bool.random(using: &random)
                return Self.address(in: wide ? Self.v6(spread, &random) : Self.v4(&random), &random)
            }
    }

    private static func v4(_ random: inout RepeatableNumbers) -> CIDR {
        let address = IPAddress(v4: UInt32.random(in: 0x0b00_0000...0xdf00_0000, using: &random))
        return block(address, Int.random(in: 16...28, using: &random))
    }

    private static func v6(_ spread: Spread, _ random: inout RepeatableNumbers) -> CIDR {
        let upper: UInt64
        let length: Int
        switch spread {
        case .even:
            upper = UInt64.random(in: 0x2001_0000_0000_0000...0x2c0f_ffff_ffff_ffff, using: &random)
            length = Int.random(in: 32...64, using: &random)
        case .crowded:
            upper = (0x2600_1f00 + UInt64.random(in: 0..<64, using: &random)) << 32 | random.next() >> 32
            length = [36, 40, 44, 48, 56, 64][Int.random(in: 0..<6, using: &random)]
        }
        return block(IPAddress(bits: UInt128(upper) << 64), length)
    }

    private static func block(_ address: IPAddress, _ length: Int) -> CIDR {
        guard let block = CIDR(address, prefixLength: length) else {
            preconditionFailure("\(address) has no prefix of \(length)")
        }
        return block
    }

    private static func address(in block: CIDR, _ random: inout RepeatableNumbers) -> IPAddress {
        let noise = UInt128(random.next()) << 64 | UInt128(random.next())
        return IPAddress(bits: block.base.bits | noise & ((1 << UInt128(block.base.width - block.prefixLength)) - 1))
    }
}

/// The same numbers for the same seed (SplitMix64).
struct RepeatableNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
