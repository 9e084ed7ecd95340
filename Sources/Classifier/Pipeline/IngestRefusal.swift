// SPDX-License-Identifier: Apache-2.0

/// Why a batch was not booked, and what its sender is told.
struct IngestRefusal: Error {
    /// The reasons that refused batches and bytes are counted by.
    enum Reason: String, CaseIterable, Sendable {
        /// The body is not labelled as protobuf.
        case contentType = "content_type"
        /// The body is compressed or otherwise encoded.
        case contentEncoding = "content_encoding"
        /// The body is larger than `--max-body`.
        case tooLarge = "too_large"
        /// Too many bodies are being read; the sender will try again.
        case busy
        /// The connection ended before the body did.
        case incomplete
        /// The body is not a flow batch in protobuf.
        case malformed
        /// The batch is of a schema version that this classifier does not read.
        case unsupportedVersion = "unsupported_version"
        /// A field of the batch contradicts another or its range.
        case invalid
        /// The sender may not report for the batch's node.
        case foreignNode = "foreign_node"
        /// The ledger could not book it now; the sender will try again.
        case ledgerUnavailable = "ledger_unavailable"
        /// A fault of the classifier.
        case `internal`
    }

    /// Why.
    var reason: Reason
    /// What the sender is told.
    var problem: RequestProblem
}
