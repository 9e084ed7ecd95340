// SPDX-License-Identifier: Apache-2.0
import Classification
import Settings
import TestSupport
import Testing
import Traffic

@testable import Classifier

@Suite struct DestinationsTests {
    private func destinations(_ yaml: String) throws -> Destinations {
        let source = try SettingsSource(
            flags: ["listen": nil],
            environment: [:],
            file: try SettingsFile(path: "a.yaml", text: yaml),
            fileKeys: ClassifierSettings.fileKeys
        )
        return try ClassifierSettings(source).destinations
    }

    private func blocks(_ texts: String...) throws -> [CIDR] {
        try texts.map { try #require(CIDR($0)) }
    }

    /// The shape that acll19/netledger's deployment ships, comments and empty lists included.
    @Test func filesOfTheOlderClassifierLoadAsTheyAre() throws {
        let found = try destinations(
            """
            # network configuration
            destinations:
              in-zone:
                # Loopback
                - "127.0.0.0/8"
                - "169.254.0.0/16"
                # - "10.0.0.0/8"
                - "172.16.0.0/12"
              in-region: []
              cross-region:
                - 10.3.0.0/16
                - 2001:db8:3::/48
              internet:
              direct-classification:
              - region: "us-east1"
                zone: "us-east1-c"
                ips:
                  - "10.0.0.0/24"
                  - "10.0.7.7"
              - region: us-east1
                ips: [10.0.1.0/24]
              - {zone: rack-1, region: ~, ips: [10.0.2.0/24]}
              - region: us-east1
                zone: ""
                ips:
            """
        )
        #expect(
            found
                == Destinations(
                    directClassification: [
                        .init(region: "us-east1", zone: "us-east1-c", blocks: try blocks("10.0.0.0/24", "10.0.7.7/32")),
                        .init(region: "us-east1", zone: nil, blocks: try blocks("10.0.1.0/24")),
                        .init(region: nil, zone: "rack-1", blocks: try blocks("10.0.2.0/24")),
                        .init(region: "us-east1", zone: nil, blocks: []),
                    ],
                    inZone: try blocks("127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
                    crossRegion: try blocks("10.3.0.0/16", "2001:db8:3::/48")
                )
        )
    }

    @Test(arguments: [
        "listen: localhost:1", "destinations:", "destinations: {}", "destinations: ~", "destinations: {internet: }",
    ])
    func nothingMayBeSaid(yaml: String) throws {
        #expect(try destinations(yaml) == Destinations())
    }

    @Test(arguments: [
        ("in-zon: []", "a.yaml:2: destinations.in-zon: unknown key; did you mean in-zone?"),
        ("in_region: []", "a.yaml:2: destinations.in_region: unknown key; did you mean in-region?"),
        (
            "directClassification: []",
            "a.yaml:2: destinations.directClassification: unknown key; did you mean direct-classification?"
        ),
        ("in-zone: 10.0.0.0/8", "a.yaml:2: destinations.in-zone: expected a list, found a single value"),
        ("in-zone: {a: b}", "a.yaml:2: destinations.in-zone: expected a list, found a mapping"),
        ("in-zone: [[10.0.0.0/8]]", "a.yaml:2: destinations.in-zone[0]: expected a single value, found a list"),
        ("in-zone: [10.0.0.0/8, ~]", "a.yaml:2: destinations.in-zone[1]: expected a single value, found nothing"),
        (
            "internet:\n  - 8.8.8.8\n  - 8.8.8.8/33",
            "a.yaml:4: destinations.internet[1]: \"8.8.8.8/33\" is not an address or a CIDR block, such as 10.0.0.0/8 or 2001:db8::/32"
        ),
        (
            "cross-region:\n  - 10.0.0/8",
            "a.yaml:3: destinations.cross-region[0]: \"10.0.0/8\" is not an address or a CIDR block, such as 10.0.0.0/8 or 2001:db8::/32"
        ),
        (
            "direct-classification:\n  - ips: [10.0.0.0/8]",
            "a.yaml:3: destinations.direct-classification[0]: the entry needs a region, a zone, or both"
        ),
        (
            "direct-classification:\n  - {region: '', zone: ~, ips: []}",
            "a.yaml:3: destinations.direct-classification[0]: the entry needs a region, a zone, or both"
        ),
        (
            "direct-classification:\n  - region: r",
            "a.yaml:3: destinations.direct-classification[0]: the entry needs ips, the blocks that stand there"
        ),
        (
            "direct-classification:\n  - region: r\n    ip: []",
            "a.yaml:4: destinations.direct-classification[0].ip: unknown key; did you mean ips?"
        ),
        (
            "direct-classification:\n  - region: [r]\n    ips: []",
            "a.yaml:3: destinations.direct-classification[0].region: expected a single value, found a list"
        ),
        (
            "direct-classification:\n  - region: r\n    ips:\n      - fe80::1%eth0",
            "a.yaml:5: destinations.direct-classification[0].ips[0]: \"fe80::1%eth0\" is not an address or a CIDR block, such as 10.0.0.0/8 or 2001:db8::/32"
        ),
        (
            "direct-classification:\n  - region: \"a\\nb\"\n    ips: []",
            "a.yaml:3: destinations.direct-classification[0].region: \"a\\nb\" is not a name of 1 to 1024 bytes without control characters"
        ),
        ("in-zone: []\nin-zone: []", "a.yaml:2: in-zone: the key is written twice in one mapping"),
    ])
    func whatCannotBeUsedIsNamedByLineAndKey(body: String, message: String) {
        let yaml = "destinations:\n" + body.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
        let error = #expect(throws: SettingsError.self) { try destinations(yaml) }
        #expect(error?.description == message)
    }

    @Test func damagedDestinationsAreReadOrRefused() {
        var random = SeededRandom()
        let whole = Array(
            "destinations:\n  in-zone: [10.0.0.0/8, '::1']\n  direct-classification: [{region: r, zone: z, ips: [fd00::/8]}]"
                .utf8
        )
        let inserts = Array("{}[]:,-'~# \n/019f".utf8)
        var accepted = 0
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) { bytes.remove(at: place) }
                bytes.insert(inserts.randomElement(using: &random)!, at: min(place, bytes.count))
            }
            do {
                _ = try destinations(String(decoding: bytes, as: UTF8.self))
                accepted += 1
            } catch {
                #expect("\(error)".hasPrefix("a.yaml:"), "seed \(random.seed): \(error)")
            }
        }
        #expect((1..<2_000).contains(accepted), "seed \(random.seed): \(accepted) of 2,000 accepted")
    }
}
