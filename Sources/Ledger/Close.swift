// SPDX-License-Identifier: Apache-2.0

/// A month as it was closed, or restated later.
public struct Close: Hashable, Sendable {
    /// The month, `yyyy-mm` in UTC.
    public var month: String
    /// 1 for the close, more for restatements.
    public var revision: Int
    /// When, in seconds since 1970-01-01T00:00:00Z.
    public var closedAt: Int64
    /// SHA-256 of ``document``, hexadecimal.
    public var hash: String
    /// What the month came to, as JSON.
    public var document: String

    /// A revision of `month`.
    public init(month: String, revision: Int, closedAt: Int64, hash: String, document: String) {
        self.month = month
        self.revision = revision
        self.closedAt = closedAt
        self.hash = hash
        self.document = document
    }
}

extension Ledger {
    /// The revisions of `month`, or of all months if it is `nil`, oldest first; without their documents unless one
    /// month is named.
    ///
    /// - Throws: ``LedgerError``.
    public func closes(of month: String? = nil) async throws -> [Close] {
        try await store.closes(of: month)
    }

    /// Adds a revision of a month unless its hash is that of the last one.
    ///
    /// - Returns: The last revision, and whether it was added now.
    /// - Throws: ``LedgerError``; nothing was added then.
    public func close(
        _ month: String,
        document: String,
        hash: String,
        now: Int64
    ) async throws -> (close: Close, isNew: Bool) {
        try await store.close(month, document: document, hash: hash, now: now)
    }
}
