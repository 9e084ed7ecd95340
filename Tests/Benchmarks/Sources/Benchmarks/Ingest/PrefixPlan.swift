// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Traffic

/// The operator's lists with a given number of prefixes, always the same for the same number.
///
/// Four of five are IPv4. Seven of ten stand in private ranges and overlap, as address plans do.
struct PrefixPlan: Sendable {
    private static let places = 10

    /// All prefixes; the place in the array decides the list.
    let prefixes: [CIDR]

    /// A plan of `count` prefixes.
    init(count: Int) {
        var random = SeededRandom(seed: 2)
        prefixes = (0..<count).map { Self.prefix($0, &random) }
    }

    private static func prefix(_ index: Int, _ random: inout SeededRandom) -> CIDR {
        // The lists are dealt out by index modulo 10, so families and ranges must not be.
        let isPrivate = Int.random(in: 0..<10, using: &random) < 7
        let address: IPAddress
        let length: Int
        if Int.random(in: 0..<5, using: &random) < 4 {
            let number = UInt32.random(in: .min ... .max, using: &random)
            address = IPAddress(v4: isPrivate ? 10 << 24 | number >> 8 : UInt32.publicV4(number))
            length = .random(in: 16...28, using: &random)
        } else {
            let bits = UInt128.random(in: .min ... .max, using: &random)
            address = IPAddress(bits: (isPrivate ? 0xfd : 0x26) << 120 | bits >> 8)
            length = .random(in: 32...64, using: &random)
        }
        guard let prefix = CIDR(address, prefixLength: length) else {
            preconditionFailure("no prefix of \(length) bits around \(address)")
        }
        return prefix
    }

    /// Writes the plan as the classifier's configuration.
    func write(to path: String) throws {
        var lists: [String: [CIDR]] = [:]
        var direct: [[CIDR]] = Array(repeating: [], count: Self.places)
        for (index, prefix) in prefixes.enumerated() {
            switch index % 10 {
            case 0: lists["in-zone", default: []].append(prefix)
            case 1...2: lists["in-region", default: []].append(prefix)
            case 3...5: lists["cross-region", default: []].append(prefix)
            case 6: lists["internet", default: []].append(prefix)
            default: direct[index / 10 % Self.places].append(prefix)
            }
        }
        var text = "destinations:\n"
        for name in lists.keys.sorted() {
            text += "  \(name):\n"
            for prefix in lists[name, default: []] { text += "    - \"\(prefix)\"\n" }
        }
        text += "  direct-classification:\n"
        for (place, blocks) in direct.enumerated() where !blocks.isEmpty {
            text += "    - region: region-\(place % 3 / 2)\n      zone: zone-\(place % 3)\n      ips:\n"
            for block in blocks { text += "        - \"\(block)\"\n" }
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}

extension CIDR {
    /// A random address of the block.
    func address(_ random: inout SeededRandom) -> IPAddress {
        let free = base.width - prefixLength
        return IPAddress(bits: base.bits | UInt128(random.next()) & (1 << UInt128(free) - 1))
    }
}

extension UInt32 {
    /// A public IPv4 address for a random number: in 20.0.0.0/6, which holds no special-purpose block.
    static func publicV4(_ number: UInt32) -> UInt32 {
        20 << 24 | number >> 6
    }
}
