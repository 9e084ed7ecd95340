// SPDX-License-Identifier: Apache-2.0
import Classification
import Testing
import Traffic

/// An address seen from a node, and what is to be decided about it.
struct VerdictCase: Sendable, CustomTestStringConvertible {
    var remote: String
    var scope: Scope
    var rule: String

    init(_ remote: String, _ scope: Scope, _ rule: String) {
        self.remote = remote
        self.scope = scope
        self.rule = rule
    }

    var testDescription: String { "\(remote) is \(scope.rawValue) by \(rule)" }
}

private let node = Place(region: "us-east-1", zone: "us-east-1a")

private func blocks(_ texts: String...) -> [CIDR] {
    texts.map { text in
        guard let block = CIDR(text) else { preconditionFailure("the test's own \(text) is not a block") }
        return block
    }
}

/// The verdict about `remote` under `destinations`, as `scope rule`.
private func verdict(
    _ remote: String,
    _ destinations: Destinations,
    from local: Place = node
) throws -> String {
    let address = try #require(IPAddress(remote))
    let found = RuleSet(destinations).verdict(remote: address, viaLoopback: false, local: local)
    return "\(found.scope.rawValue) \(found.rule)"
}

@Suite struct RuleSetTests {
    @Test(arguments: [
        VerdictCase("0.0.0.0", .unknown, "this-network"),
        VerdictCase("0.255.255.255", .unknown, "this-network"),
        VerdictCase("10.0.0.0", .unknown, "private-use"),
        VerdictCase("10.255.255.255", .unknown, "private-use"),
        VerdictCase("172.16.0.1", .unknown, "private-use"),
        VerdictCase("172.31.255.255", .unknown, "private-use"),
        VerdictCase("192.168.1.1", .unknown, "private-use"),
        VerdictCase("100.64.0.0", .unknown, "shared-address-space"),
        VerdictCase("100.127.255.255", .unknown, "shared-address-space"),
        VerdictCase("127.0.0.1", .loopback, "loopback"),
        VerdictCase("127.255.255.255", .loopback, "loopback"),
        VerdictCase("169.254.169.254", .unknown, "link-local"),
        VerdictCase("192.0.0.0", .unknown, "ipv4-service-continuity-prefix"),
        VerdictCase("192.0.0.7", .unknown, "ipv4-service-continuity-prefix"),
        VerdictCase("192.0.0.8", .unknown, "ipv4-dummy-address"),
        VerdictCase("192.0.0.11", .unknown, "ietf-protocol-assignments"),
        VerdictCase("192.0.0.170", .unknown, "nat64-dns64-discovery"),
        VerdictCase("192.0.0.171", .unknown, "nat64-dns64-discovery"),
        VerdictCase("192.0.0.172", .unknown, "ietf-protocol-assignments"),
        VerdictCase("192.0.2.1", .unknown, "documentation"),
        VerdictCase("198.51.100.1", .unknown, "documentation"),
        VerdictCase("203.0.113.1", .unknown, "documentation"),
        VerdictCase("192.88.99.1", .unknown, "deprecated-6to4-relay-anycast"),
        VerdictCase("192.88.99.2", .unknown, "6a44-relay-anycast"),
        VerdictCase("198.18.0.0", .unknown, "benchmarking"),
        VerdictCase("198.19.255.255", .unknown, "benchmarking"),
        VerdictCase("224.0.0.1", .multicast, "multicast"),
        VerdictCase("239.255.255.255", .multicast, "multicast"),
        VerdictCase("240.0.0.0", .unknown, "reserved"),
        VerdictCase("255.255.255.254", .unknown, "reserved"),
        VerdictCase("255.255.255.255", .multicast, "limited-broadcast"),
        VerdictCase("::", .unknown, "unspecified-address"),
        VerdictCase("::1", .loopback, "loopback-address"),
        VerdictCase("::ffff:127.0.0.1", .loopback, "loopback"),
        VerdictCase("::ffff:10.0.0.1", .unknown, "private-use"),
        VerdictCase("64:ff9b:1::1", .unknown, "ipv4-ipv6-translation"),
        VerdictCase("100::1", .unknown, "discard-only-address-block"),
        VerdictCase("100:0:0:1::1", .unknown, "dummy-ipv6-prefix"),
        VerdictCase("2001::1", .unknown, "teredo"),
        VerdictCase("2001:1::4", .unknown, "ietf-protocol-assignments"),
        VerdictCase("2001:1ff::", .unknown, "ietf-protocol-assignments"),
        VerdictCase("2001:2::1", .unknown, "benchmarking"),
        VerdictCase("2001:2:1::1", .unknown, "ietf-protocol-assignments"),
        VerdictCase("2001:10::1", .unknown, "deprecated-orchid"),
        VerdictCase("2001:db8::1", .unknown, "documentation"),
        VerdictCase("2002:a00:1::", .unknown, "6to4"),
        VerdictCase("3fff:fff::1", .unknown, "documentation"),
        VerdictCase("5f00::1", .unknown, "segment-routing-sids"),
        VerdictCase("fc00::", .unknown, "unique-local"),
        VerdictCase("fdff::1", .unknown, "unique-local"),
        VerdictCase("fe80::1", .unknown, "link-local-unicast"),
        VerdictCase("febf::1", .unknown, "link-local-unicast"),
        VerdictCase("fec0::2", .unknown, "site-local"),
        VerdictCase("ff02::1", .multicast, "multicast"),
        VerdictCase("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", .multicast, "multicast"),
    ])
    func specialBlocksAreNamedAndNeverNear(_ item: VerdictCase) throws {
        #expect(try verdict(item.remote, Destinations()) == "\(item.scope.rawValue) special-purpose:\(item.rule)")
    }

    /// Ordinary addresses, the neighbours of special blocks, and special blocks that are globally reachable.
    @Test(arguments: [
        "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0",
        "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "192.0.0.9", "192.0.0.10", "192.31.196.1", "192.52.193.1", "192.175.48.1",
        "::2", "64:ff9b::8.8.8.8", "64:ff9b:2::1", "100:0:0:2::", "2000::", "2001:200::1", "2001:1::1", "2001:1::2",
        "2001:1::3", "2001:3::1", "2001:4:112::1", "2001:20::1", "2001:2f:ffff::", "2001:30::1", "2001:db7:ffff::",
        "2001:db9::", "2003::1", "2620:4f:8000::1", "2a00:1450:4001::1", "3ffe::1", "3fff:1000::", "fbff::1",
    ])
    func everythingElseIsInternet(remote: String) throws {
        #expect(try verdict(remote, Destinations()) == "internet default")
    }

    @Test func theLoopbackInterfaceDecidesBeforeAnyAddress() throws {
        let rules = RuleSet(Destinations(internet: blocks("0.0.0.0/0", "::/0")))
        for remote in ["8.8.8.8", "10.0.0.1", "2001:db8::1", "127.0.0.1"] {
            let found = rules.verdict(remote: try #require(IPAddress(remote)), viaLoopback: true, local: node)
            #expect(found == Verdict(scope: .loopback, rule: "loopback-interface"))
        }
    }

    @Test(arguments: [
        VerdictCase("10.1.0.1", .sameZone, "in-zone"),
        VerdictCase("10.2.0.1", .sameRegion, "in-region"),
        VerdictCase("10.3.0.1", .crossRegion, "cross-region"),
        VerdictCase("10.4.0.1", .internet, "internet"),
        VerdictCase("10.5.0.1", .sameZone, "direct-classification"),
        VerdictCase("10.6.0.1", .unknown, "special-purpose:private-use"),
        VerdictCase("8.8.8.8", .sameRegion, "in-region"),
        VerdictCase("8.8.8.9", .internet, "default"),
        VerdictCase("127.0.0.1", .sameZone, "in-zone"),
        VerdictCase("224.0.0.251", .crossRegion, "cross-region"),
        VerdictCase("fd00:1::1", .sameZone, "in-zone"),
        VerdictCase("fd00:1:0:0:8000::", .sameRegion, "in-region"),
        VerdictCase("fd00:1:0:0:7fff:ffff:ffff:ffff", .sameZone, "in-zone"),
        VerdictCase("fd00:1:0:1::", .sameZone, "in-zone"),
        VerdictCase("fd00:2::1", .unknown, "special-purpose:unique-local"),
        VerdictCase("::ffff:10.1.0.1", .sameZone, "in-zone"),
    ])
    func listsDecideBeforeTheRegistries(_ item: VerdictCase) throws {
        let destinations = Destinations(
            directClassification: [.init(region: "us-east-1", zone: "us-east-1a", blocks: blocks("10.5.0.0/16"))],
            internet: blocks("10.4.0.0/16"),
            inZone: blocks("10.1.0.0/16", "127.0.0.0/8", "fd00:1::/65", "fd00:1:0:1::/64"),
            inRegion: blocks("10.2.0.0/16", "8.8.8.8", "fd00:1::/64"),
            crossRegion: blocks("10.3.0.0/16", "224.0.0.0/4")
        )
        #expect(try verdict(item.remote, destinations) == "\(item.scope.rawValue) \(item.rule)")
    }

    /// Every list but one dropped from the front: the first that is left decides, however short its prefix.
    @Test func aHigherListBeatsALongerPrefix() throws {
        var destinations = Destinations(
            directClassification: [.init(region: "us-east-1", zone: "us-east-1b", blocks: blocks("10.0.0.0/8"))],
            internet: blocks("10.1.0.0/16"),
            inZone: blocks("10.1.2.0/24"),
            inRegion: blocks("10.1.2.0/28"),
            crossRegion: blocks("10.1.2.3/32")
        )
        #expect(try verdict("10.1.2.3", destinations) == "same_region direct-classification")
        destinations.directClassification = []
        #expect(try verdict("10.1.2.3", destinations) == "internet internet")
        destinations.internet = []
        #expect(try verdict("10.1.2.3", destinations) == "same_zone in-zone")
        destinations.inZone = []
        #expect(try verdict("10.1.2.3", destinations) == "same_region in-region")
        destinations.inRegion = []
        #expect(try verdict("10.1.2.3", destinations) == "cross_region cross-region")
        destinations.crossRegion = []
        #expect(try verdict("10.1.2.3", destinations) == "unknown special-purpose:private-use")
    }

    @Test func insideAListTheLongestPrefixDecides() throws {
        func entry(_ zone: String, _ block: String) -> Destinations.Direct {
            .init(region: "us-east-1", zone: zone, blocks: blocks(block))
        }
        let destinations = Destinations(directClassification: [
            entry("us-east-1b", "10.0.0.0/8"), entry("us-east-1a", "10.1.0.0/16"), entry("us-east-1b", "10.1.2.0/24"),
            entry("us-east-1a", "10.1.2.3"), entry("us-east-1b", "2600::/16"), entry("us-east-1a", "2600::1"),
        ])
        #expect(try verdict("10.9.0.0", destinations) == "same_region direct-classification")
        #expect(try verdict("10.1.0.0", destinations) == "same_zone direct-classification")
        #expect(try verdict("10.1.2.2", destinations) == "same_region direct-classification")
        #expect(try verdict("10.1.2.3", destinations) == "same_zone direct-classification")
        #expect(try verdict("10.1.3.0", destinations) == "same_zone direct-classification")
        #expect(try verdict("10.2.0.0", destinations) == "same_region direct-classification")
        #expect(try verdict("2600::", destinations) == "same_region direct-classification")
        #expect(try verdict("2600::1", destinations) == "same_zone direct-classification")
        #expect(try verdict("2600::2", destinations) == "same_region direct-classification")
    }

    @Test func theFirstOfTwoEntriesForOneBlockCounts() throws {
        let destinations = Destinations(directClassification: [
            .init(region: "us-east-1", zone: "us-east-1a", blocks: blocks("10.0.0.0/8")),
            .init(region: "eu-west-1", zone: "eu-west-1a", blocks: blocks("10.0.0.0/8")),
        ])
        #expect(try verdict("10.0.0.1", destinations) == "same_zone direct-classification")
    }

    @Test(
        arguments: [
            ("us-east-1", "us-east-1a", .sameZone),
            ("us-east-1", "us-east-1b", .sameRegion),
            ("us-east-1", nil, .sameRegion),
            ("eu-west-1", nil, .crossRegion),
            ("eu-west-1", "us-east-1a", .crossRegion),
            (nil, "us-east-1a", .unknown),
            ("US-EAST-1", "us-east-1a", .unknown),
            ("US-EAST-1", nil, .unknown),
            ("us-east-1", "us-east-1A", .unknown),
        ] as [(String?, String?, Scope)]
    )
    func placesAreComparedAsDocumented(region: String?, zone: String?, scope: Scope) throws {
        let destinations = Destinations(directClassification: [
            .init(region: region, zone: zone, blocks: blocks("10.0.0.0/8"))
        ])
        #expect(try verdict("10.0.0.1", destinations) == "\(scope.rawValue) direct-classification")
    }

    @Test func aNodeThatDoesNotKnowItsPlaceIsNearNothingByName() throws {
        let destinations = Destinations(
            directClassification: [.init(region: "us-east-1", zone: "us-east-1a", blocks: blocks("10.0.0.0/8"))],
            inZone: blocks("192.168.0.0/16")
        )
        #expect(try verdict("10.0.0.1", destinations, from: .unknown) == "unknown direct-classification")
        #expect(try verdict("192.168.0.1", destinations, from: .unknown) == "same_zone in-zone")
    }

    @Test func aZoneWithoutRegionMeetsANodeWithoutRegion() throws {
        let destinations = Destinations(directClassification: [
            .init(region: nil, zone: "rack-1", blocks: blocks("10.0.0.0/8"))
        ])
        let rack = Place(region: nil, zone: "rack-1")
        #expect(try verdict("10.0.0.1", destinations, from: rack) == "same_zone direct-classification")
    }

    @Test func wholeFamiliesAreHeldByTheirOwnDefaultOnly() throws {
        let destinations = Destinations(inRegion: blocks("::/0"), crossRegion: blocks("0.0.0.0/0"))
        #expect(try verdict("8.8.8.8", destinations) == "cross_region cross-region")
        #expect(try verdict("255.255.255.255", destinations) == "cross_region cross-region")
        #expect(try verdict("::", destinations) == "same_region in-region")
        #expect(try verdict("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", destinations) == "same_region in-region")
    }

    @Test func rulingsStandForVerdicts() throws {
        let rules = RuleSet(
            Destinations(
                directClassification: [.init(region: "us-east-1", zone: "us-east-1b", blocks: blocks("10.0.0.0/8"))],
                inZone: blocks("192.168.0.0/16")
            )
        )
        for remote in ["10.0.0.1", "192.168.0.1", "8.8.8.8", "172.16.0.1", "::1", "ff02::1"] {
            let address = try #require(IPAddress(remote))
            for viaLoopback in [false, true] {
                let ruling = rules.ruling(remote: address, viaLoopback: viaLoopback)
                let expected = rules.verdict(remote: address, viaLoopback: viaLoopback, local: node)
                #expect((0..<rules.rulingCount).contains(ruling))
                #expect(rules.verdict(of: ruling, from: Vantage(place: node)) == expected)
            }
        }
    }
}
