// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird

/// One path and method, and what answers it.
struct Route: Sendable {
    /// The parameters of a request's query string, in the order they were written.
    typealias Parameters = [(name: String, value: String)]

    /// The exact path.
    var path: String
    /// The method; a `GET` route answers `HEAD` too.
    var method: HTTPRequest.Method
    /// True if the handler checks the query parameters itself; if false, any parameter is refused.
    var takesParameters: Bool
    /// Answers a request; may throw a ``RequestProblem``.
    var handle: @Sendable (Request, Parameters) async throws -> Response

    /// A `GET` route.
    static func get(
        _ path: String,
        takesParameters: Bool = false,
        _ handle: @escaping @Sendable (Request, Parameters) async throws -> Response
    ) -> Route {
        Route(path: path, method: .get, takesParameters: takesParameters, handle: handle)
    }

    /// A `POST` route.
    static func post(
        _ path: String,
        _ handle: @escaping @Sendable (Request, Parameters) async throws -> Response
    ) -> Route {
        Route(path: path, method: .post, takesParameters: false, handle: handle)
    }
}
