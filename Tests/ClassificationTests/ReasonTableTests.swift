// SPDX-License-Identifier: Apache-2.0
import Classification
import Testing
import Traffic

/// An address, what every node must be told about it, and why.
struct ReasonRow: Sendable, CustomTestStringConvertible {
    /// The remote address.
    var remote: String
    /// Where the entry that decides the scope is written; it decides wherever the scope is not the default.
    var entry: String
    /// The network's name.
    var network: String
    /// Scope and route by node, in the order of `ReasonTableTests.nodes`.
    var answers: [String]

    /// A row of the table, its columns separated by bars.
    init(_ line: Substring) {
        let columns = line.split(separator: "|").map { $0.filter { $0 != " " } }
        precondition(columns.count == 4, "a row has four columns: \(line)")
        remote = columns[0]
        entry = columns[1]
        network = columns[2] == "-" ? "" : columns[2]
        answers = line.split(separator: "|")[3].split(separator: " ").map(String.init)
    }

    var testDescription: String { remote }
}

@Suite struct ReasonTableTests {
    static let nodes: [Vantage] = [
        Vantage(cluster: "c", node: "a1", place: Place(region: "eu-west-1", zone: "eu-west-1a")),
        Vantage(cluster: "c", node: "edge-2", place: Place(region: "eu-west-1", zone: "eu-west-1b")),
        Vantage(cluster: "c", node: "u1", place: Place(region: "eu-west-1", zone: nil)),
        Vantage(cluster: "c", node: "x1", place: Place(region: "us-east-1", zone: "us-east-1a")),
        Vantage(cluster: "c", node: "g1", place: Place(region: "europe-west1", zone: "europe-west1-b")),
        Vantage(cluster: "c", node: "k1", place: Place(region: "EU-WEST-1", zone: "EU-WEST-1A")),
        Vantage(cluster: "c", node: "r1", place: Place(region: nil, zone: "rack-7")),
        Vantage(cluster: "c", node: "n1", place: .unknown),
    ]

    /// Scope and route of every address from every node.
    ///
    /// Scope: Zone, Region, cross (X), Internet, Loopback, Multicast, unknown (?).
    /// Route: direct, nat, assumed, endpoint.
    ///
    /// The nodes are: in zone a; in zone b, called edge-2; in the region without a zone; in another region of the
    /// same cloud; in another cloud; in region and zone written in capitals; in a rack; nowhere.
    static let table = """
        10.1.0.5        | destinations.direct-classification[0].ips[0] | - | Zd Rd ?d Xd Xd ?d ?d ?d
        10.1.0.200      | destinations.direct-classification[0].ips[0] | - | Zd Rd ?d Xd Xd ?d ?d ?d
        10.1.1.1        | destinations.direct-classification[1].ips[0] | - | Rd Rd Rd Xd Xd ?d ?d ?d
        fd00:1:1::5     | destinations.direct-classification[1].ips[1] | - | Rd Rd Rd Xd Xd ?d ?d ?d
        10.1.2.1        | destinations.in-zone[1]      | -         | Zd Zd Zd Zd Zd Zd Zd Zd
        10.2.9.9        | destinations.direct-classification[2].ips[0] | - | Xd Xd Xd Xd Xd Xd ?d ?d
        10.3.0.1        | destinations.direct-classification[3].ips[0] | - | ?d ?d ?d ?d ?d ?d Zd ?d
        10.4.0.1        | destinations.direct-classification[4].ips[0] | - | ?d ?d ?d Xd Xd ?d ?d ?d
        10.5.0.1        | destinations.direct-classification[5].ips[0] | - | ?d Rd ?d Xd Xd ?d ?d ?d
        100.64.9.1      | destinations.internet[1]     | -         | In Id Ia Ia Ia Ia Ia Ia
        100.64.8.1      | special-purpose:shared-address-space | - | ?d ?d ?d ?d ?d ?d ?d ?d
        192.168.0.1     | destinations.in-zone[0]      | lan       | Zd Zd Zd Zd Zd Zd Zd Zd
        192.168.1.1     | destinations.in-region[0]    | -         | Rd Rd Rd Rd Rd Rd Rd Rd
        172.20.1.1      | destinations.cross-region[1] | -         | Xd Xd Xd Xd Xd Xd Xd Xd
        172.21.1.1      | special-purpose:private-use  | -         | ?d ?d ?d ?d ?d ?d ?d ?d
        fd00:1:2::1     | destinations.in-region[1]    | -         | Rd Rd Rd Rd Rd Rd Rd Rd
        fd00:2::1       | destinations.cross-region[2] | -         | Xd Xd Xd Xd Xd Xd Xd Xd
        fd01::1         | special-purpose:unique-local | -         | ?d ?d ?d ?d ?d ?d ?d ?d
        203.0.114.9     | -                            | office    | In Id Ia Ia Ia Ia Ia Ia
        10.9.0.9        | special-purpose:private-use  | office    | ?d ?d ?d ?d ?d ?d ?d ?d
        10.40.0.1       | networks[1].cidrs[0]         | orders-db | Rd Rd Rd Xd Xd ?d ?d ?d
        10.40.1.1       | networks[3].cidrs[0]         | vpn       | Rd Zd ?d Xd Xd ?d ?d ?d
        198.51.101.7    | networks[2].cidrs[0]         | partner   | Xe Xn Xn Xn Xn Xn ?n ?n
        52.94.0.70      | aws7(aws.json)             | pops      | Rn Rd Ra Xa Ia ?a Ia Ia
        52.94.0.1       | aws7(aws.json) | aws-dynamodb/eu-west-1 | Rn Rd Ra Xa Ia ?a Ia Ia
        52.94.2.1       | aws7(aws.json) | aws/eu-west-1         | Rn Rd Ra Xa Ia ?a Ia Ia
        52.218.1.1      | aws7(aws.json) | aws-s3/eu-west-1      | Re Re Ra Xa Ia ?a Ia Ia
        52.217.1.1      | aws7(aws.json) | aws-s3/us-east-1      | Xn Xd Xa Ra Ia ?a Ia Ia
        54.72.1.1       | aws7(aws.json) | aws-ec2/eu-west-1     | Rn Rd Ra Xa Ia ?a Ia Ia
        2a05:d018::1    | aws7(aws.json) | aws-ec2/eu-west-1     | Rd Rd Rd Xd Id ?d Id Id
        2a05:d070:8000::1 | aws7(aws.json) | aws-s3/eu-west-1    | Re Re Rd Xd Id ?d Id Id
        13.32.1.1       | -                | aws-cloudfront/global | In Id Ia Ia Ia Ia Ia Ia
        10.77.0.1       | special-purpose:private-use | aws-ec2/eu-west-1 | ?d ?d ?d ?d ?d ?d ?d ?d
        34.22.128.1     | gcp8             | gcp/europe-west1      | In Id In Ia Ra Ia Ia Ia
        2600:1900:4010::1 | gcp8           | gcp/europe-west1      | In In In Id Rd Id Id Id
        34.0.0.1        | -                | google                | In Id Ia Ia Ia Ia Ia Ia
        142.250.1.1     | -                | google                | In Id Ia Ia Ia Ia Ia Ia
        20.60.0.1       | -                | azure-storage/westeurope | In Id Ia Ia Ia Ia Ia Ia
        8.8.8.8         | -                | -                     | In Id Ia Ia Ia Ia Ia Ia
        2001:4860:4860::8888 | -           | -                     | Id Id Id Id Id Id Id Id
        64:ff9b::808:808 | -               | -                     | In Id Ia Ia Ia Ia Ia Ia
        127.0.0.1       | special-purpose:loopback    | -          | Ld Ld Ld Ld Ld Ld Ld Ld
        ::1             | special-purpose:loopback-address | -     | Ld Ld Ld Ld Ld Ld Ld Ld
        169.254.169.254 | special-purpose:link-local  | -          | ?d ?d ?d ?d ?d ?d ?d ?d
        fe80::1         | special-purpose:link-local-unicast | -   | ?d ?d ?d ?d ?d ?d ?d ?d
        224.0.0.251     | special-purpose:multicast   | -          | Md Md Md Md Md Md Md Md
        ff02::fb        | special-purpose:multicast   | -          | Md Md Md Md Md Md Md Md
        255.255.255.255 | special-purpose:limited-broadcast | -    | Md Md Md Md Md Md Md Md
        """

    static let rows = table.split(separator: "\n").map(ReasonRow.init)

    private static func blocks(_ texts: String...) -> [CIDR] {
        texts.map { text in
            guard let block = CIDR(text) else { preconditionFailure("\(text) is not a block") }
            return block
        }
    }

    private static func feed(
        _ name: String,
        _ edition: String,
        source: String = "",
        givesScope: Bool = true,
        _ contents: [(label: FeedSnapshot.Label, blocks: [CIDR])]
    ) -> FeedSnapshot {
        FeedSnapshot(
            feed: name,
            edition: edition,
            validFrom: 0,
            source: source,
            givesScope: givesScope,
            labels: contents.map(\.label),
            entries: contents.enumerated()
                .flatMap { index, content in
                    content.blocks.map { FeedSnapshot.Entry(block: $0, label: Int32(index)) }
                }
        )
    }

    static let rules = RuleSet(
        NetworkPlan(
            destinations: Destinations(
                directClassification: [
                    .init(region: "eu-west-1", zone: "eu-west-1a", blocks: blocks("10.1.0.0/24")),
                    .init(region: "eu-west-1", zone: nil, blocks: blocks("10.1.1.0/24", "fd00:1:1::/48")),
                    .init(region: "eu-central-1", zone: nil, blocks: blocks("10.2.0.0/16")),
                    .init(region: nil, zone: "rack-7", blocks: blocks("10.3.0.0/16")),
                    .init(region: "EU-WEST-1", zone: "eu-west-1a", blocks: blocks("10.4.0.0/16")),
                    .init(region: "eu-west-1", zone: "EU-WEST-1A", blocks: blocks("10.5.0.0/16")),
                ],
                internet: blocks("10.1.0.128/25", "100.64.9.0/24"),
                inZone: blocks("192.168.0.0/24", "10.1.0.0/16"),
                inRegion: blocks("192.168.0.0/16", "fd00:1::/32"),
                crossRegion: blocks("192.168.0.0/28", "172.20.0.0/16", "fd00::/16")
            ),
            networks: [
                Network(name: "office", blocks: blocks("203.0.114.0/24", "10.9.0.0/24")),
                Network(
                    name: "orders-db",
                    blocks: blocks("10.40.0.0/20"),
                    site: Site(region: "eu-west-1", zone: nil),
                    routes: [RouteRule(route: .direct)]
                ),
                Network(
                    name: "partner",
                    blocks: blocks("198.51.101.0/24"),
                    site: Site(region: "berlin", zone: nil),
                    routes: [
                        RouteRule(nodes: RouteRule.Nodes(zones: [NamePattern("eu-west-1a")]), route: .endpoint),
                        RouteRule(route: .nat),
                    ]
                ),
                Network(
                    name: "vpn",
                    blocks: blocks("10.40.1.0/24"),
                    site: Site(region: "eu-west-1", zone: "eu-west-1b")
                ),
                Network(name: "pops", blocks: blocks("52.94.0.64/26")),
                Network(name: "lan", blocks: blocks("192.168.0.0/24")),
            ],
            routes: [
                RouteRule(
                    nodes: RouteRule.Nodes(zones: [NamePattern("eu-west-1a"), NamePattern("eu-west-1b")]),
                    networks: [NamePattern("aws-s3/eu-west-1")],
                    route: .endpoint
                ),
                RouteRule(nodes: RouteRule.Nodes(zones: [NamePattern("eu-west-1a")]), route: .nat),
                RouteRule(nodes: RouteRule.Nodes(names: [NamePattern("edge-*")]), route: .direct),
                RouteRule(
                    nodes: RouteRule.Nodes(regions: [NamePattern("eu-west-1")]),
                    networks: [NamePattern("gcp/*")],
                    route: .nat
                ),
            ]
        ),
        feeds: [
            feed(
                "aws",
                "7",
                source: "aws.json",
                [
                    (.init(name: "aws-s3/eu-west-1", region: "eu-west-1", rank: 0), blocks("52.218.0.0/17")),
                    (.init(name: "aws-s3/eu-west-1", region: "eu-west-1", rank: 0), blocks("2a05:d070:8000::/40")),
                    (.init(name: "aws-s3/us-east-1", region: "us-east-1", rank: 0), blocks("52.216.0.0/15")),
                    (.init(name: "aws-dynamodb/eu-west-1", region: "eu-west-1", rank: 1), blocks("52.94.0.0/24")),
                    (.init(name: "aws-cloudfront/global", region: nil, rank: 1), blocks("13.32.0.0/15")),
                    (
                        .init(name: "aws-ec2/eu-west-1", region: "eu-west-1", rank: 2),
                        blocks("54.72.0.0/15", "2a05:d018::/36", "10.77.0.0/16", "52.218.0.0/24")
                    ),
                    (
                        .init(name: "aws/eu-west-1", region: "eu-west-1", rank: 3),
                        blocks("52.94.0.0/22", "54.72.0.0/15")
                    ),
                ]
            ),
            feed(
                "gcp",
                "8",
                [
                    (
                        .init(name: "gcp/europe-west1", region: "europe-west1", rank: 1),
                        blocks("34.22.128.0/17", "2600:1900:4010::/44")
                    )
                ]
            ),
            feed(
                "google",
                "8",
                [(.init(name: "google", region: nil, rank: 4), blocks("34.0.0.0/10", "142.250.0.0/15"))]
            ),
            feed(
                "azure",
                "9",
                givesScope: false,
                [(.init(name: "azure-storage/westeurope", region: "europe-west1", rank: 0), blocks("20.60.0.0/24"))]
            ),
        ]
    )

    private static let scopes: [Scope: String] = [
        .sameZone: "Z", .sameRegion: "R", .crossRegion: "X", .internet: "I", .loopback: "L", .multicast: "M",
        .unknown: "?",
    ]
    private static let routes: [Route: String] = [.direct: "d", .nat: "n", .assumedNAT: "a", .endpoint: "e"]

    @Test(arguments: rows)
    func everyNodeIsToldTheReason(_ row: ReasonRow) throws {
        let remote = try #require(IPAddress(row.remote))
        var answers: [String] = []
        for node in Self.nodes {
            let found = Self.rules.explain(remote: remote, viaLoopback: false, from: node)
            answers.append(
                (Self.scopes[found.verdict.scope] ?? "") + (Self.routes[found.verdict.route] ?? "")
            )
            #expect(found.verdict.network == row.network, "from \(node.node)")
            let entry = found.verdict.rule == "default" ? "-" : row.entry
            let place = (found.scopeEntry?.place ?? "-").filter { $0 != " " }
            #expect(place == entry, "from \(node.node)")
            #expect(Self.rules.verdict(remote: remote, viaLoopback: false, from: node) == found.verdict)
        }
        #expect(answers == row.answers)
    }

    @Test func theTableIsLongEnough() {
        #expect(Self.rows.reduce(0) { $0 + $1.answers.count } >= 200)
    }

    /// Entries that hold the address and do not decide, by precedence.
    @Test func whatWasOverruledIsTold() throws {
        func overruled(_ remote: String) throws -> [String] {
            let address = try #require(IPAddress(remote))
            return Self.rules.explain(remote: address, viaLoopback: false, from: Self.nodes[0]).overruled.map(\.place)
        }
        #expect(
            try overruled("10.1.0.200") == [
                "destinations.internet[0]", "destinations.in-zone[1]", "special-purpose:private-use",
            ]
        )
        #expect(
            try overruled("192.168.0.1") == [
                "destinations.in-region[0]", "destinations.cross-region[0]", "special-purpose:private-use",
            ]
        )
        #expect(try overruled("10.40.1.1") == ["networks[1].cidrs[0]", "special-purpose:private-use"])
        #expect(try overruled("8.8.8.8") == [])
    }

    @Test func theRouteHasItsReason() throws {
        func rule(_ remote: String, _ node: Int) throws -> String? {
            let address = try #require(IPAddress(remote))
            return Self.rules.explain(remote: address, viaLoopback: false, from: Self.nodes[node]).routeRule
        }
        #expect(try rule("198.51.101.7", 0) == "networks[2].via[0]")
        #expect(try rule("198.51.101.7", 1) == "networks[2].via[1]")
        #expect(try rule("52.218.1.1", 0) == "nat[0]")
        #expect(try rule("8.8.8.8", 0) == "nat[1]")
        #expect(try rule("8.8.8.8", 1) == "nat[2]")
        #expect(try rule("8.8.8.8", 3) == nil)
        #expect(try rule("10.1.0.5", 0) == nil)
    }

    @Test func theLoopbackInterfaceNeedsNoEntry() throws {
        let address = try #require(IPAddress("52.218.1.1"))
        let found = Self.rules.explain(remote: address, viaLoopback: true, from: Self.nodes[0])
        #expect(
            found
                == Explanation(
                    verdict: Verdict(scope: .loopback, rule: "loopback-interface", network: "", route: .direct),
                    overruled: []
                )
        )
    }
}
