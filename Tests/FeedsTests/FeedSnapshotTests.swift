// SPDX-License-Identifier: Apache-2.0
import Classification
import Feeds
import Testing
import Traffic

@Suite struct FeedSnapshotTests {
    private func snapshot(_ kind: FeedKind, _ text: String, source: String = "f.json") throws -> FeedSnapshot {
        try FeedSnapshot(kind, document: Array(text.utf8), source: source)
    }

    /// Network, scope and rule of an address, judged by one feed from a region.
    private func judge(_ remote: String, by snapshot: FeedSnapshot, from region: String?) throws -> String {
        let verdict = RuleSet(NetworkPlan(), feeds: [snapshot])
            .verdict(
                remote: try #require(IPAddress(remote)),
                viaLoopback: false,
                local: Place(region: region, zone: "z")
            )
        return
            "\(verdict.network) \(verdict.scope.rawValue) \(verdict.rule) \(verdict.route.nat(initiator: .pod).rawValue)"
    }

    @Test(
        arguments: [
            ("52.217.1.1", "us-east-1", "aws-s3/us-east-1 same_region feed:aws assumed"),
            ("52.217.1.1", "eu-west-1", "aws-s3/us-east-1 cross_region feed:aws assumed"),
            ("52.217.1.1", "us-east1", "aws-s3/us-east-1 internet default assumed"),
            ("52.217.1.1", nil, "aws-s3/us-east-1 internet default assumed"),
            ("52.217.1.1", "US-EAST-1", "aws-s3/us-east-1 unknown feed:aws assumed"),
            // A longer prefix of a service that says less does not hide S3.
            ("52.216.8.1", "us-east-1", "aws-s3/us-east-1 same_region feed:aws assumed"),
            ("52.94.0.7", "eu-west-1", "aws-dynamodb/eu-west-1 same_region feed:aws assumed"),
            ("52.94.1.7", "eu-west-1", "aws/eu-west-1 same_region feed:aws assumed"),
            ("54.73.0.1", "us-east-1", "aws-ec2/eu-west-1 cross_region feed:aws assumed"),
            ("13.33.0.1", "us-east-1", "aws-cloudfront/global internet default assumed"),
            ("15.177.1.1", "us-east-1", "aws-route53-healthchecks-publishing/global internet default assumed"),
            ("2600:1f18::1", "us-east-1", "aws-ec2/us-east-1 same_region feed:aws no"),
            ("2600:1f18:8000::1", "us-east-1", " internet default no"),
            ("2600:1ff8:4000::1", "eu-west-1", "aws-s3/us-east-1 cross_region feed:aws no"),
            ("8.8.8.8", "us-east-1", " internet default assumed"),
        ] as [(String, String?, String)]
    )
    func amazon(remote: String, region: String?, expected: String) throws {
        #expect(try judge(remote, by: snapshot(.aws, Samples.aws), from: region) == expected)
    }

    @Test(arguments: [
        ("34.1.208.1", "africa-south1", "gcp/africa-south1 same_region feed:gcp assumed"),
        ("34.22.128.1", "africa-south1", "gcp/europe-west1 cross_region feed:gcp assumed"),
        ("2600:1900:4010::1", "europe-west1", "gcp/europe-west1 same_region feed:gcp no"),
        ("34.128.32.1", "europe-west1", "gcp/global internet default assumed"),
        ("34.22.128.1", "global", "gcp/europe-west1 internet default assumed"),
        ("142.250.0.1", "europe-west1", " internet default assumed"),
    ])
    func googleCloud(remote: String, region: String, expected: String) throws {
        #expect(try judge(remote, by: snapshot(.gcp, Samples.gcp), from: region) == expected)
    }

    /// The list of all of Google's addresses names what the cloud's own list leaves out, in either order.
    @Test(arguments: [false, true])
    func allOfGoogle(reversed: Bool) throws {
        var feeds = [try snapshot(.gcp, Samples.gcp), try snapshot(.google, Samples.google)]
        if reversed { feeds.reverse() }
        let rules = RuleSet(NetworkPlan(), feeds: feeds)
        func judge(_ remote: String) throws -> String {
            let local = Place(region: "europe-west1", zone: nil)
            let address = try #require(IPAddress(remote))
            let verdict = rules.verdict(remote: address, viaLoopback: false, local: local)
            return "\(verdict.network) \(verdict.scope.rawValue)"
        }
        #expect(try judge("34.22.128.1") == "gcp/europe-west1 same_region")
        #expect(try judge("34.0.0.1") == "google internet")
        #expect(try judge("142.251.1.1") == "google internet")
        #expect(try judge("2001:4860:4860::8888") == "google internet")
        #expect(try judge("2600:1900:4010::1") == "gcp/europe-west1 same_region")
    }

    @Test(arguments: [
        ("20.38.98.1", "westus2", "azure-storage/westus2 same_region feed:azure assumed"),
        ("20.38.98.1", "francecentral", "azure-storage/westus2 cross_region feed:azure assumed"),
        ("20.38.99.1", "westus2", "azure-storage/westus2 same_region feed:azure assumed"),
        // Named by a tag of all regions, placed by none.
        ("20.60.0.1", "westus2", "azure-storage internet default assumed"),
        ("20.38.64.1", "westus2", "azure internet default assumed"),
        // The tag's spelling of the region is not that of the nodes.
        ("20.43.47.193", "francecentral", "azure-sql/francecentral same_region feed:azure assumed"),
        ("20.43.47.193", "centralfrance", "azure-sql/francecentral internet default assumed"),
        ("13.107.208.9", "westus2", "azure-frontdoor-frontend internet default assumed"),
        ("2603:1030:c00::1", "westus2", "azure/westus2 same_region feed:azure no"),
    ])
    func azure(remote: String, region: String, expected: String) throws {
        #expect(try judge(remote, by: snapshot(.azure, Samples.azure), from: region) == expected)
    }

    @Test func editionsBeginWhenTheDocumentSays() throws {
        let start: Int64 = 1_767_571_200_000_000_000
        let aws = try snapshot(.aws, Samples.aws, source: "x_20200101.json")
        #expect(aws.edition == "1767571200" && aws.validFrom == start && aws.feed == "aws")
        #expect(try snapshot(.gcp, Samples.gcp).validFrom == start + 123_000_000)
        #expect(try snapshot(.azure, Samples.azure).validFrom == .min)
        let dated = try snapshot(.azure, Samples.azure, source: "/a/ServiceTags_Public_20260105.json")
        #expect(dated.validFrom == start && dated.edition == "345" && dated.feed == "azure")
        #expect(try snapshot(.azure, Samples.azure, source: "ServiceTags_Public_20260230.json").validFrom == .min)
        let told = try FeedSnapshot(.aws, document: Array(Samples.aws.utf8), source: "f", validFrom: 5)
        #expect(told.validFrom == 5)
    }

    @Test func cloudsOfAzureAreFeedsOfTheirOwn() throws {
        let china = Samples.azure.replacing("\"cloud\": \"Public\"", with: "\"cloud\": \"China\"")
        #expect(try snapshot(.azure, china).feed == "azure-china")
    }

    /// The order of a document decides nothing.
    @Test func theOrderOfADocumentDoesNotMatter() throws {
        let lines = Samples.aws.split(separator: "\n")
        let shuffled = lines[..<4] + lines[4..<14].reversed().map { $0 } + lines[14...]
        let one = try snapshot(.aws, Samples.aws)
        let two = try snapshot(.aws, shuffled.joined(separator: "\n"))
        #expect(one.labels == two.labels && Set(one.entries) == Set(two.entries))
    }

    @Test(
        arguments: [
            (.aws, "", "f.json: not valid JSON"),
            (.aws, "{\"syncToken\": \"1\"", "f.json: not valid JSON"),
            (.aws, "[]", "f.json: the value is of another kind"),
            (.aws, "{}", "f.json: syncToken: the key is missing"),
            (.aws, #"{"syncToken": "1767571200"}"#, "f.json: prefixes: the key is missing"),
            (
                .aws, #"{"syncToken": "1767571200123", "prefixes": []}"#,
                "f.json: syncToken: \"1767571200123\" is not a time in seconds since 1970"
            ),
            (
                .aws, #"{"syncToken": "1767571200", "prefixes": []}"#,
                "f.json: the document has 0 prefixes; 1 to 1000000 can be used"
            ),
            (
                .aws,
                #"{"syncToken": "1767571200", "prefixes": [{"ip_prefix": "1.2.3.4", "region": "r", "service": "S3"}]}"#,
                "f.json: prefixes[0].ip_prefix: \"1.2.3.4\" is not a CIDR block"
            ),
            (
                .aws, #"{"syncToken": "1767571200", "prefixes": [{"region": "r", "service": "S3"}]}"#,
                "f.json: prefixes[0].ip_prefix: the key is missing"
            ),
            (
                .aws, #"{"syncToken": "1767571200", "prefixes": [{"ip_prefix": 4, "region": "r", "service": "S3"}]}"#,
                "f.json: prefixes[0].ip_prefix: the value is of another kind"
            ),
            (
                .aws,
                #"{"syncToken": "1767571200", "prefixes": [{"ip_prefix": "1.2.3.4/8", "region": "", "service": "S3"}]}"#,
                "f.json: prefixes[0].region: \"\" is not the name of a region"
            ),
            (.gcp, Samples.google, "f.json: prefixes[0]: has no scope; if this is goog.json, write kind: google"),
            (.google, Samples.gcp, "f.json: prefixes[0]: has a scope, so this is cloud.json: write kind: gcp"),
            (
                .google, #"{"syncToken": "1767571200123", "prefixes": [{}]}"#,
                "f.json: prefixes[0]: has neither ipv4Prefix nor ipv6Prefix"
            ),
            (
                .google, #"{"syncToken": "1767571200123", "prefixes": [{"ipv6Prefix": "::/129"}]}"#,
                "f.json: prefixes[0].ipv6Prefix: \"::/129\" is not a CIDR block"
            ),
            (.azure, Samples.aws, "f.json: changeNumber: the key is missing"),
            (
                .azure,
                #"{"changeNumber": 1, "cloud": "Public", "values": [{"name": "a", "properties": {"region": "", "addressPrefixes": ["x"]}}]}"#,
                "f.json: values[0].properties.addressPrefixes[0]: \"x\" is not a CIDR block"
            ),
        ] as [(FeedKind, String, String)]
    )
    func whatCannotBeUsedIsNamedByItsPath(kind: FeedKind, text: String, message: String) {
        let error = #expect(throws: FeedError.self) { try snapshot(kind, text) }
        #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "nothing was refused")")
    }
}
