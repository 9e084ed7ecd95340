// SPDX-License-Identifier: Apache-2.0

/// Something that goes wrong with one answer of a ``FakeCluster``.
public enum Fault: Sendable {
    /// The server fails with a `Status`; the header `Retry-After` is sent with `retryAfter`, in seconds.
    case status(code: Int, reason: String, message: String, retryAfter: Int? = nil)
    /// The server fails with a body that is not the API's, as a proxy in front of it does.
    case foreign(code: Int, body: String)
    /// A watch brings an `ERROR` event and ends; other answers fail with the status.
    case errorEvent(code: Int, reason: String, message: String)
    /// The connection is closed after this many bytes of the body.
    case cut(afterBytes: Int)
    /// The response ends in good order after this many bytes of the body.
    case end(afterBytes: Int)
    /// Nothing more is sent after this many bytes of the body; the connection stays open.
    case stall(afterBytes: Int)
    /// The body is sent in pieces of this many bytes, each by itself.
    case trickle(bytes: Int)
    /// The response never begins.
    case noAnswer
    /// A watch begins with this text.
    case insert(String)
}

/// Which requests a fault is for.
public enum RequestKind: Hashable, Sendable {
    /// Any request.
    case any
    /// A page of a listing.
    case list
    /// A watch, streaming lists included.
    case watch
    /// A token review.
    case review
}

/// A request that a ``FakeCluster`` got.
public struct FakeRequest: Hashable, Sendable {
    /// What kind of request it is.
    public let kind: RequestKind
    /// The path without the query.
    public let path: String
    /// The query, names and values decoded.
    public let query: [String: String]
    /// The header `Authorization`.
    public let authorization: String?
    /// The header `Accept`.
    public let accept: String?
}
