import TestSupport
import Testing
import Traffic

// SPDX-License-Identifier: Apache-2.0
@testable import Classification

/// What the table must answer, by looking at every prefix.
private func scan(_ prefixes: [PrefixSweep.Prefix], _ address: IPAddress) -> UInt32 {
    var best: PrefixSweep.Prefix?
    for prefix in prefixes where prefix.block.contains(address) {
        if let current = best {
            let higher = prefix.rank < current.rank
            let longer = prefix.rank == current.rank && prefix.block.prefixLength > current.block.prefixLength
            guard higher || longer else { continue }
        }
        best = prefix
    }
    return best?.outcome ?? 0
}

extension PrefixTable {
    /// A table of `prefixes`; what none of them holds has the outcome 0.
    fileprivate init(_ prefixes: [PrefixSweep.Prefix]) {
        self.init(
            v4: PrefixSweep(prefixes, family: .v4, uncovered: 0).boundaries,
            v6: PrefixSweep(prefixes, family: .v6, uncovered: 0).boundaries
        )
    }
}

@Suite struct PrefixTableTests {
    /// How prefixes are spread over the address space; each shape wears another part of the structure.
    enum Shape: CaseIterable, Sendable {
        /// Over all addresses and lengths.
        case anywhere
        /// In a few small blocks, so that they nest and repeat.
        case crowded
        /// Single addresses at distances that double: the deepest trees.
        case doubling
        /// Single addresses and longest prefixes around the borders of /64s and of the family.
        case borders

        func prefix(_ wide: Bool, using random: inout SeededRandom) -> CIDR {
            let width = wide ? 128 : 32
            let noise = UInt128(random.next()) << 64 | UInt128(random.next())
            let bits: UInt128
            var length = Int.random(in: 0...width, using: &random)
            switch self {
            case .anywhere:
                bits = noise
            case .crowded:
                bits = (0x2600_1f18 << 96) | noise & 0xff00_00ff_0000_00ff | noise >> 100
                length = Int.random(in: width - 16...width, using: &random)
            case .doubling:
                bits = 1 << UInt128(Int.random(in: 0..<width, using: &random))
                length = width
            case .borders:
                let borders: [UInt128] = [0, 1 << 64, 0x2600 << 112, .max, .max << 64]
                let border = borders[Int.random(in: 0..<borders.count, using: &random)]
                bits = border &+ (noise & 3) &- 1
                length = width - Int.random(in: 0...2, using: &random)
            }
            let address = wide ? IPAddress(bits: bits) : IPAddress(v4: UInt32(truncatingIfNeeded: bits))
            guard let block = CIDR(address, prefixLength: min(length, address.width)) else {
                preconditionFailure("\(address) has no prefix of \(length)")
            }
            return block
        }
    }

    @Test(arguments: Shape.allCases, [0, 1, 2, 9, 40, 400])
    func agreesWithAScanOfAllPrefixes(shape: Shape, count: Int) {
        var random = SeededRandom()
        for _ in 0..<(count > 100 ? 2 : 12) {
            let prefixes = (0..<count)
                .map { number in
                    PrefixSweep.Prefix(
                        block: shape.prefix(Bool.random(using: &random), using: &random),
                        rank: Int.random(in: 0..<4, using: &random),
                        outcome: UInt32(1 + number % 50)
                    )
                }
            let table = PrefixTable(prefixes)
            var probes = [IPAddress(bits: 0), IPAddress(bits: .max), IPAddress(v4: 0), IPAddress(v4: .max)]
            for prefix in prefixes {
                let base = prefix.block.base
                let free = UInt128(base.width - prefix.block.prefixLength)
                let last = free == 128 ? UInt128.max : base.bits | ((1 << free) - 1)
                // The first and the last address, their neighbours, and one inside.
                let inside = base.bits | (UInt128(random.next()) << 64 | UInt128(random.next())) & (last ^ base.bits)
                probes += [base.bits &- 1, base.bits, inside, last, last &+ 1].map(IPAddress.init(bits:))
            }
            for _ in 0..<200 {
                probes.append(IPAddress(bits: UInt128(random.next()) << 64 | UInt128(random.next())))
                probes.append(IPAddress(v4: UInt32(truncatingIfNeeded: random.next())))
            }
            for probe in probes {
                let found = table.outcome(of: probe)
                let expected = scan(prefixes, probe)
                #expect(found == expected, "seed \(random.seed), \(shape), \(count) prefixes, \(probe)")
                if found != expected { return }
            }
        }
    }

    @Test func memoryStaysModest() {
        var random = SeededRandom(seed: 1)
        let prefixes = (0..<20_000)
            .map { number in
                PrefixSweep.Prefix(
                    block: Shape.anywhere.prefix(number.isMultiple(of: 2), using: &random),
                    rank: number % 4,
                    outcome: UInt32(number % 100)
                )
            }
        let table = PrefixTable(prefixes)
        #expect(table.byteCount < 3 << 20, "\(table.byteCount) bytes for 20,000 prefixes")
    }
}

@Suite struct SpecialPurposeTests {
    @Test func everyEntryIsABlockWrittenCanonically() {
        for special in SpecialPurpose.registry {
            #expect(CIDR(special.block)?.description == special.block)
        }
    }

    /// The registries' rows and their column "Globally Reachable"; `nil` where that is "N/A" or empty.
    ///
    /// Typed from the published files and not from the code. IPv4-mapped IPv6 is left out: it is IPv4 here.
    private static let published: [(block: String, isReachable: Bool?)] = [
        ("0.0.0.0/8", false), ("0.0.0.0/32", false), ("10.0.0.0/8", false), ("100.64.0.0/10", false),
        ("127.0.0.0/8", false), ("169.254.0.0/16", false), ("172.16.0.0/12", false), ("192.0.0.0/24", false),
        ("192.0.0.0/29", false), ("192.0.0.8/32", false), ("192.0.0.9/32", true), ("192.0.0.10/32", true),
        ("192.0.0.170/32", false), ("192.0.0.171/32", false), ("192.0.2.0/24", false), ("192.31.196.0/24", true),
        ("192.52.193.0/24", true), ("192.88.99.0/24", nil), ("192.88.99.2/32", false), ("192.168.0.0/16", false),
        ("192.175.48.0/24", true), ("198.18.0.0/15", false), ("198.51.100.0/24", false), ("203.0.113.0/24", false),
        ("240.0.0.0/4", false), ("255.255.255.255/32", false),
        ("::1/128", false), ("::/128", false), ("64:ff9b::/96", true), ("64:ff9b:1::/48", false), ("100::/64", false),
        ("100:0:0:1::/64", false), ("2001::/23", false), ("2001::/32", nil), ("2001:1::1/128", true),
        ("2001:1::2/128", true), ("2001:1::3/128", true), ("2001:2::/48", false), ("2001:3::/32", true),
        ("2001:4:112::/48", true), ("2001:10::/28", nil), ("2001:20::/28", true), ("2001:30::/28", true),
        ("2001:db8::/32", false), ("2002::/16", nil), ("2620:4f:8000::/48", true), ("3fff::/20", false),
        ("5f00::/16", false), ("fc00::/7", false), ("fe80::/10", false),
    ]

    /// Every row decides as it is published, and nothing else does but multicast and site-local addresses.
    @Test func theRegistriesAreAsPublished() throws {
        let rules = RuleSet(Destinations())
        for row in Self.published {
            let block = try #require(CIDR(row.block))
            let scope =
                rules.verdict(
                    remote: block.base,
                    viaLoopback: false,
                    local: Place(region: nil, zone: nil)
                )
                .scope
            let longest = try #require(
                Self.published.filter { CIDR($0.block)?.contains(block.base) == true }
                    .max { (CIDR($0.block)?.prefixLength ?? 0) < (CIDR($1.block)?.prefixLength ?? 0) }
            )
            #expect((scope == .internet) == (longest.isReachable == true), "\(row.block) is \(scope)")
        }
        let extra = SpecialPurpose.registry.map(\.block)
            .filter { block in
                guard let block = CIDR(block) else { return true }
                return !Self.published.contains { row in CIDR(row.block).map { block.contains($0) } == true }
            }
        #expect(extra == ["224.0.0.0/4", "fec0::/10", "ff00::/8"])
    }

    @Test func ruleNamesAreKebabCase() {
        for special in SpecialPurpose.registry {
            let name = special.rule.dropFirst("special-purpose:".count)
            #expect(special.rule.hasPrefix("special-purpose:") && !name.isEmpty)
            #expect(name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }, "\(name)")
        }
    }

    @Test func noBlockIsListedTwice() {
        let blocks = SpecialPurpose.registry.map(\.block)
        #expect(Set(blocks).count == blocks.count)
    }
}
