// SPDX-License-Identifier: Apache-2.0

/// What an HTTP answer says when it is not what was asked for (RFC 9457).
public struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The media type of ``json()``.
    public static let contentType = "application/problem+json"

    /// The HTTP status code.
    public var status: Int
    /// A few words that are the same for every problem of the kind.
    public var title: String
    /// What is wrong this time and what to do: a sentence.
    public var detail: String
    /// The query parameter at fault, if there is one.
    public var parameter: String?
    /// The field of the body at fault, if there is one.
    public var field: String?

    /// A problem with the given parts.
    public init(status: Int, title: String, detail: String, parameter: String? = nil, field: String? = nil) {
        self.status = status
        self.title = title
        self.detail = detail
        self.parameter = parameter
        self.field = field
    }

    /// The problem that refused parameters are: status 400, or 403 if they ask for what may not be seen.
    public init(_ error: QueryError) {
        self.init(
            status: error.isForbidden ? 403 : 400,
            title: error.isForbidden ? "The query is not permitted" : "The query is not valid",
            detail: error.description,
            parameter: error.parameter
        )
    }

    /// ``detail``.
    public var description: String {
        detail
    }

    /// The problem as JSON, with `type`, `title`, `status`, `detail` and, if known, `parameter` or `field`.
    public func json() -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("type", "about:blank")
        json.member("title", title)
        json.member("status", status)
        json.member("detail", detail)
        if let parameter { json.member("parameter", parameter) }
        if let field { json.member("field", field) }
        json.endObject()
        return json.bytes
    }
}
