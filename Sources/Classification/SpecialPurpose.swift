// SPDX-License-Identifier: Apache-2.0

import Traffic

/// A block of addresses with a meaning of its own, as IANA registers it.
///
/// Sources: the IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890, updated by RFC 8190), the two
/// multicast registries (RFC 5771, RFC 4291), and the deprecated site-local block (RFC 3879), which is in no
/// registry but still numbers private networks. The entries were compared row by row with public copies of the
/// registries' CSV files (`iana-ipv4-special-registry-1.csv`, `iana-ipv6-special-registry-1.csv`) as IANA updated them
/// last on 2025-10-09; that of IPv6 was unchanged on 2026-09-08. IPv4-mapped IPv6 (`::ffff:0:0/96`) is IPv4 here
/// (``Traffic/IPAddress``) and needs no entry.
///
/// A block that the registry calls globally reachable is ordinary internet; it is listed only where it lies
/// inside one that is not. A block whose reachability the registry leaves open ("N/A") is `unknown`.
struct SpecialPurpose: Sendable {
    /// The block, as text.
    var block: String
    /// The rule's name: `special-purpose:` and the registry's name of the block in kebab case.
    var rule: String
    /// What an address in the block means; `nil` means globally reachable.
    var scope: Scope?

    /// True for the block whose addresses carry an IPv4 address to a NAT64 gateway.
    var translatesToIPv4: Bool {
        block == "64:ff9b::/96"
    }

    private init(_ block: String, _ rule: String, _ scope: Scope?) {
        self.block = block
        self.rule = rule
        self.scope = scope
    }

    /// All blocks, IPv4 first, by address.
    static let registry: [SpecialPurpose] = v4 + v6

    /// All entries with their blocks.
    static let blocks: [(block: CIDR, entry: SpecialPurpose)] = registry.map { entry in
        guard let block = CIDR(entry.block) else { preconditionFailure("not a block: \(entry.block)") }
        return (block, entry)
    }

    private static let v4: [SpecialPurpose] = [
        // RFC 791; 0.0.0.0/32 alone is "this host on this network" (RFC 1122).
        SpecialPurpose("0.0.0.0/8", "special-purpose:this-network", .unknown),
        // RFC 1918
        SpecialPurpose("10.0.0.0/8", "special-purpose:private-use", .unknown),
        // RFC 6598, carrier-grade NAT
        SpecialPurpose("100.64.0.0/10", "special-purpose:shared-address-space", .unknown),
        // RFC 1122
        SpecialPurpose("127.0.0.0/8", "special-purpose:loopback", .loopback),
        // RFC 3927
        SpecialPurpose("169.254.0.0/16", "special-purpose:link-local", .unknown),
        // RFC 1918
        SpecialPurpose("172.16.0.0/12", "special-purpose:private-use", .unknown),
        // RFC 6890
        SpecialPurpose("192.0.0.0/24", "special-purpose:ietf-protocol-assignments", .unknown),
        // RFC 7335
        SpecialPurpose("192.0.0.0/29", "special-purpose:ipv4-service-continuity-prefix", .unknown),
        // RFC 7600
        SpecialPurpose("192.0.0.8/32", "special-purpose:ipv4-dummy-address", .unknown),
        // RFC 7723, globally reachable
        SpecialPurpose("192.0.0.9/32", "special-purpose:port-control-protocol-anycast", nil),
        // RFC 8155, globally reachable
        SpecialPurpose("192.0.0.10/32", "special-purpose:turn-anycast", nil),
        // RFC 8880, RFC 7050
        SpecialPurpose("192.0.0.170/31", "special-purpose:nat64-dns64-discovery", .unknown),
        // RFC 5737
        SpecialPurpose("192.0.2.0/24", "special-purpose:documentation", .unknown),
        // RFC 7535, globally reachable
        SpecialPurpose("192.31.196.0/24", "special-purpose:as112-v4", nil),
        // RFC 7450, globally reachable
        SpecialPurpose("192.52.193.0/24", "special-purpose:amt", nil),
        // RFC 7526
        SpecialPurpose("192.88.99.0/24", "special-purpose:deprecated-6to4-relay-anycast", .unknown),
        // RFC 6751
        SpecialPurpose("192.88.99.2/32", "special-purpose:6a44-relay-anycast", .unknown),
        // RFC 1918
        SpecialPurpose("192.168.0.0/16", "special-purpose:private-use", .unknown),
        // RFC 7534, globally reachable
        SpecialPurpose("192.175.48.0/24", "special-purpose:direct-delegation-as112-service", nil),
        // RFC 2544
        SpecialPurpose("198.18.0.0/15", "special-purpose:benchmarking", .unknown),
        // RFC 5737
        SpecialPurpose("198.51.100.0/24", "special-purpose:documentation", .unknown),
        SpecialPurpose("203.0.113.0/24", "special-purpose:documentation", .unknown),
        // RFC 5771
        SpecialPurpose("224.0.0.0/4", "special-purpose:multicast", .multicast),
        // RFC 1112
        SpecialPurpose("240.0.0.0/4", "special-purpose:reserved", .unknown),
        // RFC 8190, RFC 919
        SpecialPurpose("255.255.255.255/32", "special-purpose:limited-broadcast", .multicast),
    ]

    private static let v6: [SpecialPurpose] = [
        // RFC 4291
        SpecialPurpose("::/128", "special-purpose:unspecified-address", .unknown),
        SpecialPurpose("::1/128", "special-purpose:loopback-address", .loopback),
        // RFC 6052, globally reachable
        SpecialPurpose("64:ff9b::/96", "special-purpose:ipv4-ipv6-translation", nil),
        // RFC 8215
        SpecialPurpose("64:ff9b:1::/48", "special-purpose:ipv4-ipv6-translation", .unknown),
        // RFC 6666
        SpecialPurpose("100::/64", "special-purpose:discard-only-address-block", .unknown),
        // RFC 9780
        SpecialPurpose("100:0:0:1::/64", "special-purpose:dummy-ipv6-prefix", .unknown),
        // RFC 2928
        SpecialPurpose("2001::/23", "special-purpose:ietf-protocol-assignments", .unknown),
        // RFC 4380, reachability "N/A"
        SpecialPurpose("2001::/32", "special-purpose:teredo", .unknown),
        // RFC 7723, globally reachable
        SpecialPurpose("2001:1::1/128", "special-purpose:port-control-protocol-anycast", nil),
        // RFC 8155, globally reachable
        SpecialPurpose("2001:1::2/128", "special-purpose:turn-anycast", nil),
        // RFC 9665, globally reachable
        SpecialPurpose("2001:1::3/128", "special-purpose:dns-sd-srp-anycast", nil),
        // RFC 5180
        SpecialPurpose("2001:2::/48", "special-purpose:benchmarking", .unknown),
        // RFC 7450, globally reachable
        SpecialPurpose("2001:3::/32", "special-purpose:amt", nil),
        // RFC 7535, globally reachable
        SpecialPurpose("2001:4:112::/48", "special-purpose:as112-v6", nil),
        // RFC 4843
        SpecialPurpose("2001:10::/28", "special-purpose:deprecated-orchid", .unknown),
        // RFC 7343, globally reachable
        SpecialPurpose("2001:20::/28", "special-purpose:orchidv2", nil),
        // RFC 9374, globally reachable
        SpecialPurpose("2001:30::/28", "special-purpose:drone-remote-id", nil),
        // RFC 3849
        SpecialPurpose("2001:db8::/32", "special-purpose:documentation", .unknown),
        // RFC 3056, reachability "N/A"
        SpecialPurpose("2002::/16", "special-purpose:6to4", .unknown),
        // RFC 7534, globally reachable
        SpecialPurpose("2620:4f:8000::/48", "special-purpose:direct-delegation-as112-service", nil),
        // RFC 9637
        SpecialPurpose("3fff::/20", "special-purpose:documentation", .unknown),
        // RFC 9602
        SpecialPurpose("5f00::/16", "special-purpose:segment-routing-sids", .unknown),
        // RFC 4193
        SpecialPurpose("fc00::/7", "special-purpose:unique-local", .unknown),
        // RFC 4291
        SpecialPurpose("fe80::/10", "special-purpose:link-local-unicast", .unknown),
        // RFC 3879
        SpecialPurpose("fec0::/10", "special-purpose:site-local", .unknown),
        // RFC 4291
        SpecialPurpose("ff00::/8", "special-purpose:multicast", .multicast),
    ]
}
