// SPDX-License-Identifier: Apache-2.0
import Classification
import Testing
import Traffic

@Suite struct RulebookTests {
    /// An edition of `feed` that calls 52.0.0.0/16 by its own name.
    private func edition(_ feed: String, _ edition: String, from start: Int64, block: String = "52.0.0.0/16") throws
        -> FeedSnapshot
    {
        FeedSnapshot(
            feed: feed,
            edition: edition,
            validFrom: start,
            labels: [FeedSnapshot.Label(name: "\(feed)-\(edition)", region: nil, rank: 0)],
            entries: [FeedSnapshot.Entry(block: try #require(CIDR(block)), label: 0)]
        )
    }

    private func network(_ remote: String, at time: Int64, in book: Rulebook) throws -> String {
        let address = try #require(IPAddress(remote))
        return book.rules(at: time).verdict(remote: address, viaLoopback: false, local: .unknown).network
    }

    @Test(
        arguments: [
            (.min, "aws-1 az-1"), (0, "aws-1 az-1"), (99, "aws-1 az-1"), (100, "aws-1 az-1"), (199, "aws-1 az-1"),
            (200, "aws-2 az-1"), (249, "aws-2 az-1"), (250, "aws-2 az-2"), (299, "aws-2 az-2"), (300, "aws-3 az-2"),
            (.max, "aws-3 az-2"),
        ] as [(Int64, String)]
    )
    func theEditionsOfTheDayHold(time: Int64, expected: String) throws {
        let book = Rulebook(
            NetworkPlan(),
            feeds: [
                try edition("aws", "3", from: 300), try edition("aws", "1", from: 100),
                try edition("az", "1", from: 150, block: "53.0.0.0/16"), try edition("aws", "2", from: 200),
                try edition("az", "2", from: 250, block: "53.0.0.0/16"),
            ]
        )
        for _ in 0..<2 {
            let found = try "\(network("52.0.0.1", at: time, in: book)) \(network("53.0.0.1", at: time, in: book))"
            #expect(found == expected)
        }
        #expect(
            book.current.verdict(remote: IPAddress(v4: 52 << 24), viaLoopback: false, local: .unknown).network
                == "aws-3"
        )
    }

    /// More epochs than are kept, asked for in turn and again.
    @Test func thePastCanBeAskedForInAnyOrder() throws {
        let book = Rulebook(
            NetworkPlan(),
            feeds: try (0..<8).map { try edition("aws", "\($0)", from: Int64($0) * 10) }
        )
        for time: Int64 in [5, 75, 15, 25, 35, 45, 5, 15, 65, 5] {
            #expect(try network("52.0.0.1", at: time, in: book) == "aws-\(time / 10)")
        }
    }

    @Test func ofTwoEditionsThatBeginTogetherTheLaterListedCounts() throws {
        let book = Rulebook(
            NetworkPlan(),
            feeds: [try edition("aws", "a", from: .min), try edition("aws", "b", from: .min)]
        )
        #expect(try network("52.0.0.1", at: 0, in: book) == "aws-b")
    }

    @Test func namesBeyondTheLimitAreOther() throws {
        var plan = NetworkPlan(
            networks: [
                Network(name: "office", blocks: [try #require(CIDR("51.0.0.0/16"))]),
                Network(name: "office", blocks: [try #require(CIDR("50.0.0.0/16"))]),
            ],
            routes: [RouteRule(networks: [NamePattern("az-1")], route: .endpoint)],
            maxNames: 2
        )
        let feeds = [
            try edition("aws", "1", from: 0), try edition("aws", "2", from: 10),
            try edition("az", "1", from: 5, block: "53.0.0.0/16"),
        ]
        let book = Rulebook(plan, feeds: feeds)
        #expect(try network("50.0.0.1", at: 20, in: book) == "office")
        // The names of now have room before those of the past.
        #expect(try network("52.0.0.1", at: 20, in: book) == "aws-2")
        #expect(try network("52.0.0.1", at: 7, in: book) == "other")
        #expect(try network("53.0.0.1", at: 20, in: book) == "other")
        // A rule is about the network, whatever it is called.
        let verdict = book.current.verdict(remote: IPAddress(v4: 53 << 24), viaLoopback: false, local: .unknown)
        #expect(verdict.route == .endpoint)
        #expect(book.warnings() == [.tooManyNames(limit: 2, names: 4)])
        plan.maxNames = 4
        #expect(Rulebook(plan, feeds: feeds).warnings() == [])
    }

    @Test func warningsNameWhatIsProbablyNotMeant() throws {
        let plan = NetworkPlan(
            destinations: Destinations(directClassification: [
                .init(region: "eu-west-1", zone: "eu-west-1a", blocks: []),
                .init(region: "EU-west-1", zone: "eu-west-1A", blocks: []),
            ]),
            networks: [Network(name: "n", blocks: [], site: Site(region: "berlin", zone: nil))],
            routes: [
                RouteRule(
                    nodes: RouteRule.Nodes(regions: [NamePattern("Berlin")]),
                    networks: [NamePattern("n")],
                    route: .nat
                ),
                RouteRule(networks: [NamePattern("aws-s3/*")], route: .endpoint),
            ]
        )
        let warnings = Rulebook(plan).warnings(nodes: [Place(region: "eu-west-1", zone: "EU-WEST-1A")])
        #expect(
            warnings.map(\.description) == [
                #"the regions "Berlin" and "berlin" differ by letter case only, so they are unknown to each other"#,
                #"the regions "EU-west-1" and "eu-west-1" differ by letter case only, so they are unknown to each other"#,
                #"the zones "EU-WEST-1A" and "eu-west-1A" and "eu-west-1a" differ by letter case only, so they are unknown to each other"#,
                #"nat[1] is about the network "aws-s3/*", which no entry of networks and no feed names"#,
            ]
        )
        #expect(Rulebook(NetworkPlan()).warnings(nodes: [.unknown, Place(region: "r", zone: "z")]) == [])
    }
}

@Suite struct NamePatternTests {
    @Test(arguments: [
        ("a", "a", true), ("a", "A", false), ("a", "ab", false), ("*", "a", true), ("*", "", false), ("", "", false),
        ("a*", "a", true), ("a*", "abc", true), ("*c", "abc", true), ("*c", "abcd", false), ("a*c", "ac", true),
        ("a*c", "abcbc", true), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXcYbZ", false), ("**", "x", true),
        ("a**", "a", true), ("edge-*", "edge", false), ("*-1*-2", "x-1-1-2-2", true), ("é*", "éa", true),
        ("a.c", "abc", false), ("aws-s3/*", "aws-s3/us-east-1", true),
    ])
    func starsStandForAnything(pattern: String, name: String, expected: Bool) {
        #expect(NamePattern(pattern).matches(name) == expected)
    }

    /// Many stars and a name that almost matches take no longer than their product.
    @Test func noPatternTakesForEver() {
        let pattern = NamePattern(String(repeating: "a*", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 2_000)))
    }
}
