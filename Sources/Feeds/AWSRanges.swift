// SPDX-License-Identifier: Apache-2.0

import Classification

/// `ip-ranges.json` of Amazon Web Services.
///
/// One prefix is often listed under several services. The order is: S3, because it is what endpoints are built
/// for; then any other service; then EC2; then AMAZON, which lists every prefix and so says nothing.
struct AWSRanges: FeedDocument {
    /// The publication's time in seconds since 1970-01-01T00:00:00Z, as text.
    var syncToken: String
    var prefixes: [V4]
    /// Always published; its absence is no reason to refuse IPv4.
    var ipv6_prefixes: [V6]?

    struct V4: Decodable {
        var ip_prefix: String
        var region: String
        var service: String
    }

    struct V6: Decodable {
        var ipv6_prefix: String
        var region: String
        var service: String
    }

    func content() throws(DocumentError) -> FeedContent {
        guard let begins = FeedDate.nanoseconds(token: syncToken, perSecond: 1) else {
            throw .value(syncToken, at: "syncToken", isNot: "a time in seconds since 1970")
        }
        var labels = FeedLabels()
        for (index, prefix) in prefixes.enumerated() {
            let label = try Self.label(service: prefix.service, region: prefix.region, at: "prefixes[\(index)]")
            guard labels.add(prefix.ip_prefix, label: label) else {
                throw .value(prefix.ip_prefix, at: "prefixes[\(index)].ip_prefix", isNot: "a CIDR block")
            }
        }
        for (index, prefix) in (ipv6_prefixes ?? []).enumerated() {
            let label = try Self.label(service: prefix.service, region: prefix.region, at: "ipv6_prefixes[\(index)]")
            guard labels.add(prefix.ipv6_prefix, label: label) else {
                throw .value(prefix.ipv6_prefix, at: "ipv6_prefixes[\(index)].ipv6_prefix", isNot: "a CIDR block")
            }
        }
        return FeedContent(feed: "aws", edition: syncToken, begins: begins, labels: labels)
    }

    private static func label(
        service: String,
        region: String,
        at path: String
    ) throws(DocumentError) -> FeedSnapshot.Label {
        guard FeedLabels.isName(service) else {
            throw .value(service, at: "\(path).service", isNot: "the name of a service")
        }
        guard FeedLabels.isName(region) else {
            throw .value(region, at: "\(path).region", isNot: "the name of a region")
        }
        let (name, rank) =
            switch service {
            case "S3": ("aws-s3", 0)
            case "EC2": ("aws-ec2", 2)
            case "AMAZON": ("aws", 3)
            default: ("aws-\(FeedLabels.slug(service))", 1)
            }
        return FeedSnapshot.Label(
            name: "\(name)/\(FeedLabels.slug(region))",
            region: region == "GLOBAL" ? nil : region,
            rank: rank
        )
    }
}
