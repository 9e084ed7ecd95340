// SPDX-License-Identifier: Apache-2.0

public import Classification
import Foundation

/// The document of a feed, in one of the published shapes.
protocol FeedDocument: Decodable {
    /// What the document says.
    ///
    /// - Throws: ``DocumentError`` for a value that cannot be used.
    func content() throws(DocumentError) -> FeedContent
}

/// What a document says, apart from where it was read.
struct FeedContent {
    var feed: String
    var edition: String
    /// When the edition begins, if the document says so; nanoseconds since 1970-01-01T00:00:00Z.
    var begins: Int64?
    var labels: FeedLabels
}

/// A value of a document that cannot be used.
struct DocumentError: Error {
    var path: String
    var reason: String

    /// `text` at `path` is not `expectation`.
    static func value(_ text: String, at path: String, isNot expectation: String) -> DocumentError {
        DocumentError(path: path, reason: "\(String(text.prefix(80)).debugDescription) is not \(expectation)")
    }
}

extension FeedSnapshot {
    /// Reads a feed of `kind` from its document.
    ///
    /// Keys that are not used are ignored, because publishers add some; everything that is used must be right,
    /// or nothing is.
    ///
    /// - Parameters:
    ///   - document: the file's bytes.
    ///   - source: the file, for errors and explanations.
    ///   - validFrom: when the edition begins, in nanoseconds since 1970-01-01T00:00:00Z; `nil` means what the
    ///     document says, else the date at the end of the source's name (`ServiceTags_Public_20260105.json`), else
    ///     always.
    ///   - givesScope: false to take names only.
    /// - Throws: ``FeedError``.
    public init(
        _ kind: FeedKind,
        document: [UInt8],
        source: String,
        validFrom: Int64? = nil,
        givesScope: Bool = true
    ) throws(FeedError) {
        let content: FeedContent
        do {
            content =
                switch kind {
                case .aws: try Self.decode(AWSRanges.self, document).content()
                case .gcp: try Self.decode(GoogleRanges.self, document).cloudContent()
                case .google: try Self.decode(GoogleRanges.self, document).content()
                case .azure: try Self.decode(AzureServiceTags.self, document).content()
                }
        } catch let error as DocumentError {
            throw FeedError(source: source, path: error.path, reason: error.reason)
        } catch let error as DecodingError {
            throw FeedError(source: source, error)
        } catch {
            throw FeedError(source: source, reason: "\(error)")
        }
        guard (1...FeedLabels.maxEntries).contains(content.labels.count) else {
            throw FeedError(
                source: source,
                reason: "the document has \(content.labels.count) prefixes; 1 to \(FeedLabels.maxEntries) can be used"
            )
        }
        let (labels, entries) = content.labels.sorted()
        self.init(
            feed: content.feed,
            edition: content.edition,
            validFrom: validFrom ?? content.begins ?? FeedDate.atEnd(ofName: source) ?? .min,
            source: source,
            givesScope: givesScope,
            labels: labels,
            entries: entries
        )
    }

    private static func decode<Document: FeedDocument>(_ type: Document.Type, _ bytes: [UInt8]) throws -> Document {
        try JSONDecoder().decode(type, from: Data(bytes))
    }
}

extension FeedError {
    /// The decoder's complaint about `source`.
    fileprivate init(source: String, _ error: DecodingError) {
        func path(_ keys: [any CodingKey]) -> String {
            keys.reduce("") { path, key in
                if let index = key.intValue { return "\(path)[\(index)]" }
                return path.isEmpty ? key.stringValue : "\(path).\(key.stringValue)"
            }
        }
        switch error {
        case .keyNotFound(let key, let context):
            self.init(source: source, path: path(context.codingPath + [key]), reason: "the key is missing")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            self.init(source: source, path: path(context.codingPath), reason: "the value is of another kind")
        case .dataCorrupted(let context):
            let detail = (context.underlyingError as? NSError)?.userInfo[NSDebugDescriptionErrorKey] as? String
            let reason = "not valid JSON" + (detail.map { ": \($0)" } ?? "")
            self.init(source: source, path: path(context.codingPath), reason: reason)
        @unknown default:
            self.init(source: source, reason: "\(error)")
        }
    }
}
