// SPDX-License-Identifier: Apache-2.0

/// A feed that cannot be used: its file, the place in it, and what is wrong.
public struct FeedError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file, as it was named.
    public var source: String
    /// Path in the document, such as `prefixes[3].ip_prefix`; empty for the whole of it.
    public var path: String
    /// What is wrong, and what would be right.
    public var reason: String

    /// The feed `source` cannot be used because of `reason` at `path`.
    public init(source: String, path: String = "", reason: String) {
        self.source = source
        self.path = path
        self.reason = reason
    }

    /// File, path and reason as one line.
    public var description: String {
        ([source, path].filter { !$0.isEmpty } + [reason]).joined(separator: ": ")
    }
}
