// SPDX-License-Identifier: Apache-2.0

import Classification

/// `cloud.json` and `goog.json` of Google.
///
/// `cloud.json` has a region for each prefix; `goog.json` has all of Google's prefixes, bare. What only the
/// latter holds are Google's own services, storage and APIs included. Their region is not published, so their
/// scope stays internet, and the name `google` is what a price book can go by.
struct GoogleRanges: FeedDocument {
    /// The publication's time in milliseconds since 1970-01-01T00:00:00Z, as text.
    ///
    /// `creationTime` is the same instant in a time zone that is not stated.
    var syncToken: String
    var prefixes: [Prefix]

    struct Prefix: Decodable {
        var ipv4Prefix: String?
        var ipv6Prefix: String?
        var service: String?
        var scope: String?
    }

    /// The document as `goog.json`.
    func content() throws(DocumentError) -> FeedContent {
        // Below every label of other feeds, so that the cloud's own list decides.
        let label = FeedSnapshot.Label(name: "google", region: nil, rank: 4)
        return try content(feed: "google") { (prefix, path) throws(DocumentError) in
            guard prefix.scope == nil else {
                throw DocumentError(path: path, reason: "has a scope, so this is cloud.json: write kind: gcp")
            }
            return label
        }
    }

    /// The document as `cloud.json`.
    func cloudContent() throws(DocumentError) -> FeedContent {
        try content(feed: "gcp") { (prefix, path) throws(DocumentError) in
            guard let scope = prefix.scope else {
                throw DocumentError(path: path, reason: "has no scope; if this is goog.json, write kind: google")
            }
            guard FeedLabels.isName(scope) else {
                throw .value(scope, at: "\(path).scope", isNot: "the name of a region")
            }
            let service = prefix.service ?? "Google Cloud"
            guard FeedLabels.isName(service) else {
                throw .value(service, at: "\(path).service", isNot: "the name of a service")
            }
            let isCloud = service == "Google Cloud"
            return FeedSnapshot.Label(
                name: (isCloud ? "gcp" : "gcp-\(FeedLabels.slug(service))") + "/\(FeedLabels.slug(scope))",
                region: scope == "global" ? nil : scope,
                rank: isCloud ? 1 : 0
            )
        }
    }

    private func content(
        feed: String,
        label: (Prefix, _ path: String) throws(DocumentError) -> FeedSnapshot.Label
    ) throws(DocumentError) -> FeedContent {
        guard let begins = FeedDate.nanoseconds(token: syncToken, perSecond: 1_000) else {
            throw .value(syncToken, at: "syncToken", isNot: "a time in milliseconds since 1970")
        }
        var labels = FeedLabels()
        for (index, prefix) in prefixes.enumerated() {
            let path = "prefixes[\(index)]"
            guard let text = prefix.ipv4Prefix ?? prefix.ipv6Prefix else {
                throw DocumentError(path: path, reason: "has neither ipv4Prefix nor ipv6Prefix")
            }
            guard labels.add(text, label: try label(prefix, path)) else {
                let key = prefix.ipv4Prefix == nil ? "ipv6Prefix" : "ipv4Prefix"
                throw .value(text, at: "\(path).\(key)", isNot: "a CIDR block")
            }
        }
        return FeedContent(feed: feed, edition: syncToken, begins: begins, labels: labels)
    }
}
