// SPDX-License-Identifier: Apache-2.0
import Classification
import Feeds
import Foundation
import Settings
import TestSupport
import Testing
import Traffic

@testable import Classifier

@Suite struct NetworkPlanTests {
    private func settings(_ yaml: String) throws -> ClassifierSettings {
        try ClassifierSettings(
            try SettingsSource(
                flags: ["listen": nil],
                environment: [:],
                file: try SettingsFile(path: "a.yaml", text: yaml),
                fileKeys: ClassifierSettings.fileKeys
            )
        )
    }

    @Test func everyKeyIsRead() throws {
        let found = try settings(
            """
            destinations:
              in-zone: [10.1.0.0/16]
            networks:
              - name: office
                cidrs: [203.0.113.0/24, "2001:db8::/32"]
              - name: orders-db
                cidrs: [10.40.0.0/20]
                region: eu-west-1
                zone: eu-west-1a
                via: direct
              - {name: empty, cidrs: , region: ~, zone: "", via: }
              - name: partner
                cidrs: [198.51.100.7]
                region: berlin
                via:
                  - {zones: [eu-west-1a], regions: [eu-west-1], clusters: [c1, c2], nodes: ["gpu-*"], via: endpoint}
                  - via: nat
            nat:
              - {networks: [aws-s3/eu-west-1], via: endpoint}
              - zones: [eu-west-1a, eu-west-1b]
                via: nat
              - nodes: ["edge-*"]
                via: direct
            feeds:
              - {kind: aws, file: ip-ranges.json}
              - {kind: azure, file: azure/, scope: internet}
              - {kind: gcp, file: cloud.json, valid-from: 2026-01-05, scope: region}
              - {kind: google, file: goog.json}
              - {kind: aws, file: aws/, url: "https://x.example/ip-ranges.json"}
              - {kind: gcp, file: gcp/, url: "http://x.example/cloud.json", refresh: 6h, keep: 50, scope: internet}
            """
        )
        #expect(
            found.plan.networks == [
                Network(name: "office", blocks: try blocks("203.0.113.0/24", "2001:db8::/32")),
                Network(
                    name: "orders-db",
                    blocks: try blocks("10.40.0.0/20"),
                    site: Site(region: "eu-west-1", zone: "eu-west-1a"),
                    routes: [RouteRule(route: .direct)]
                ),
                Network(name: "empty", blocks: []),
                Network(
                    name: "partner",
                    blocks: try blocks("198.51.100.7/32"),
                    site: Site(region: "berlin", zone: nil),
                    routes: [
                        RouteRule(
                            nodes: RouteRule.Nodes(
                                clusters: [NamePattern("c1"), NamePattern("c2")],
                                names: [NamePattern("gpu-*")],
                                regions: [NamePattern("eu-west-1")],
                                zones: [NamePattern("eu-west-1a")]
                            ),
                            route: .endpoint
                        ),
                        RouteRule(route: .nat),
                    ]
                ),
            ]
        )
        #expect(
            found.plan.routes == [
                RouteRule(networks: [NamePattern("aws-s3/eu-west-1")], route: .endpoint),
                RouteRule(
                    nodes: RouteRule.Nodes(zones: [NamePattern("eu-west-1a"), NamePattern("eu-west-1b")]),
                    route: .nat
                ),
                RouteRule(nodes: RouteRule.Nodes(names: [NamePattern("edge-*")]), route: .direct),
            ]
        )
        #expect(
            found.feeds == [
                FeedFile(kind: .aws, path: "ip-ranges.json"),
                FeedFile(kind: .azure, path: "azure/", givesScope: false),
                FeedFile(kind: .gcp, path: "cloud.json", validFrom: 1_767_571_200_000_000_000),
                FeedFile(kind: .google, path: "goog.json"),
                FeedFile(kind: .aws, path: "aws/", remote: FeedRemote(url: "https://x.example/ip-ranges.json")),
                FeedFile(
                    kind: .gcp,
                    path: "gcp/",
                    givesScope: false,
                    remote: FeedRemote(url: "http://x.example/cloud.json", interval: .seconds(21_600), keep: 50)
                ),
            ]
        )
        #expect(found.destinations == Destinations(inZone: try blocks("10.1.0.0/16")))
    }

    private func blocks(_ texts: String...) throws -> [CIDR] {
        try texts.map { try #require(CIDR($0)) }
    }

    @Test(arguments: ["networks:\nnat:\nfeeds:", "networks: []\nnat: []\nfeeds: []", "networks: ~"])
    func nothingMayBeSaid(yaml: String) throws {
        let found = try settings(yaml)
        #expect(found.plan == NetworkPlan() && found.feeds.isEmpty)
    }

    @Test(arguments: [
        ("networks: {}", "a.yaml:1: networks: expected a list, found a mapping"),
        ("networks:\n- office", "a.yaml:2: networks[0]: expected a mapping, found a single value"),
        (
            "networks:\n- name: office",
            "a.yaml:2: networks[0]: the entry needs a name, and cidrs, the blocks that it names"
        ),
        (
            "networks:\n- cidrs: []",
            "a.yaml:2: networks[0]: the entry needs a name, and cidrs, the blocks that it names"
        ),
        ("networks:\n- name: a\n  cidr: []", "a.yaml:3: networks[0].cidr: unknown key; did you mean cidrs?"),
        (
            "networks:\n- name: a\n  cidrs: [10.0.0.0/8, 10.0/8]",
            "a.yaml:3: networks[0].cidrs[1]: \"10.0/8\" is not an address or a CIDR block, such as 10.0.0.0/8 or 2001:db8::/32"
        ),
        (
            "networks:\n- name: other\n  cidrs: []",
            "a.yaml:2: networks[0].name: \"other\" is not a name of 1 to 128 bytes without control characters, and not \"other\""
        ),
        (
            "networks:\n- name: ''\n  cidrs: []",
            "a.yaml:2: networks[0].name: \"\" is not a name of 1 to 128 bytes without control characters, and not \"other\""
        ),
        (
            "networks:\n- name: a\n  cidrs: []\n  via: assumed",
            "a.yaml:4: networks[0].via: \"assumed\" is not nat, endpoint or direct"
        ),
        (
            "networks:\n- name: a\n  cidrs: []\n  via: {zones: [a]}",
            "a.yaml:4: networks[0].via: expected a single value, found a mapping"
        ),
        (
            "networks:\n- name: a\n  cidrs: []\n  via:\n  - zones: [a]",
            "a.yaml:5: networks[0].via[0]: the entry needs via, the way: nat, endpoint or direct"
        ),
        (
            "networks:\n- name: a\n  cidrs: []\n  via:\n  - {via: nat, networks: [b]}",
            "a.yaml:5: networks[0].via[0].networks: unknown key; known here: clusters, nodes, regions, via, zones"
        ),
        ("nat:\n- zones: [a]", "a.yaml:2: nat[0]: the entry needs via, the way: nat, endpoint or direct"),
        ("nat:\n- zone: [a]\n  via: nat", "a.yaml:2: nat[0].zone: unknown key; did you mean zones?"),
        ("nat:\n- zones: a\n  via: nat", "a.yaml:2: nat[0].zones: expected a list, found a single value"),
        ("nat:\n- zones: []\n  via: nat", "a.yaml:2: nat[0].zones: the list is empty; leave the key out to mean any"),
        ("nat:\n- nodes:\n  via: nat", "a.yaml:2: nat[0].nodes: the list is empty; leave the key out to mean any"),
        ("nat:\n- via: yes", "a.yaml:2: nat[0].via: \"yes\" is not nat, endpoint or direct"),
        ("feeds:\n- kind: aws", "a.yaml:2: feeds[0]: the entry needs a kind and a file"),
        ("feeds:\n- {kind: AWS, file: x}", "a.yaml:2: feeds[0].kind: \"AWS\" is not one of aws, gcp, google, azure"),
        ("feeds:\n- {kind: aws, file: ''}", "a.yaml:2: feeds[0].file: \"\" is not text (it is empty)"),
        (
            "feeds:\n- {kind: aws, file: x, valid-from: 2026-02-30}",
            "a.yaml:2: feeds[0].valid-from: \"2026-02-30\" is not a day written yyyy-mm-dd, such as 2026-01-05"
        ),
        (
            "feeds:\n- {kind: aws, file: x, url: 'ftp://x'}",
            "a.yaml:2: feeds[0].url: \"ftp://x\" is not an http:// or https:// URL without query, such as "
                + "http://127.0.0.1:8080"
        ),
        ("feeds:\n- {kind: aws, file: x, refresh: 6h}", "a.yaml:2: feeds[0].refresh: is only for feeds with a url"),
        ("feeds:\n- {kind: aws, file: x, keep: 6}", "a.yaml:2: feeds[0].keep: is only for feeds with a url"),
        (
            "feeds:\n- {kind: aws, file: x, url: 'http://x', refresh: 1s}",
            "a.yaml:2: feeds[0].refresh: \"1s\" is not a duration from 1m to 30d, such as 250ms, 5s, 1m, 2h or 2d"
        ),
        ("feeds:\n- {kind: aws, file: x, ca-file: y}", "a.yaml:2: feeds[0].ca-file: is only for feeds with a url"),
        (
            "feeds:\n- {kind: aws, file: x, url: 'http://x', ca-file: y}",
            "a.yaml:2: feeds[0].ca-file: is only for an https:// url"
        ),
        (
            "feeds:\n- {kind: aws, file: x, url: 'http://x', keep: 0}",
            "a.yaml:2: feeds[0].keep: \"0\" is not a whole number from 1 to 1000"
        ),
        (
            "feeds:\n- {kind: aws, file: x, url: 'http://x', valid-from: 2026-01-05}",
            "a.yaml:2: feeds[0].valid-from: editions that come from a url begin when they say; leave it out"
        ),
        ("feeds:\n- {kind: aws, file: x, scope: zone}", "a.yaml:2: feeds[0].scope: \"zone\" is not region or internet"),
    ])
    func whatCannotBeUsedIsNamedByLineAndKey(yaml: String, message: String) {
        let error = #expect(throws: SettingsError.self) { try settings(yaml) }
        #expect(error?.description == message)
    }

    /// The files are read when the rules are made, and what is wrong with one names it.
    @Test func rulesReadTheFeeds() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        try #"{"syncToken": "1767571200", "prefixes": [{"ip_prefix": "52.9.0.0/16", "region": "r", "service": "S3"}]}"#
            .write(toFile: directory.file("aws.json"), atomically: true, encoding: .utf8)
        var found = try settings("feeds:\n- {kind: aws, file: '\(directory.file("aws.json"))'}")
        let address = try #require(IPAddress("52.9.1.1"))
        let rules = try Rulebook(found).current
        let verdict = rules.verdict(remote: address, viaLoopback: false, local: Place(region: "r", zone: nil))
        #expect(verdict == Verdict(scope: .sameRegion, rule: "feed:aws", network: "aws-s3/r", route: .assumedNAT))
        found.feeds[0].path += "x"
        let error = #expect(throws: FeedError.self) { _ = try Rulebook(found) }
        #expect(error?.description == "\(directory.file("aws.jsonx")): there is no such file or folder")
    }

    @Test func damagedFilesAreReadOrRefused() {
        var random = SeededRandom()
        let whole = Array(
            """
            networks: [{name: a, cidrs: [10.0.0.0/8, '::1'], region: r, zone: z, via: [{zones: [a*], via: nat}]}]
            nat: [{nodes: ["n-*"], networks: [a], via: endpoint}]
            feeds: [{kind: aws, file: f, valid-from: 2026-01-05, scope: internet},
             {kind: gcp, file: g, url: "https://a:1/b", refresh: 9h, keep: 19, ca-file: c}]
            """
            .utf8
        )
        let inserts = Array("{}[]:,-'~# \n/019fa".utf8)
        var accepted = 0
        for _ in 0..<3_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) { bytes.remove(at: place) }
                if let insert = inserts.randomElement(using: &random) { bytes.insert(insert, at: place) }
            }
            do {
                let plan = try settings(String(decoding: bytes, as: UTF8.self)).plan
                // What is accepted must make rules.
                #expect(RuleSet(plan).rulingCount > 0)
                accepted += 1
            } catch {
                #expect("\(error)".hasPrefix("a.yaml:"), "seed \(random.seed): \(error)")
            }
        }
        #expect((1..<3_000).contains(accepted), "seed \(random.seed): \(accepted) of 3,000 accepted")
    }
}
