// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Queries

/// One path and method, who may use it, and what answers it.
struct Route: Sendable {
    /// The parameters of a request's query string, and what whoever asks may see.
    typealias Parameters = QueryParameters

    /// Who may use a route.
    ///
    /// What a route does not say is the strictest.
    enum Audience: Sendable {
        /// Everybody: it tells nothing but that the classifier lives.
        case everyone
        /// Those who may ask about all namespaces.
        case readers
        /// Those who may ask about some; the handler keeps to the visibility of its parameters.
        case limitedReaders
        /// Those who may report.
        case agents
    }

    /// What answers a request; both may throw a ``RequestProblem``.
    enum Handler: Sendable {
        /// For questions.
        case ask(@Sendable (Request, Parameters) async throws -> Response)
        /// For reports, with who sends it.
        case report(@Sendable (Request, Sender) async throws -> Response)
    }

    /// The exact path.
    var path: String
    /// The method; a `GET` route answers `HEAD` too.
    var method: HTTPRequest.Method
    /// Who may use it.
    var audience: Audience
    /// True if the handler checks the query parameters itself; if false, any parameter is refused.
    var takesParameters: Bool
    /// What answers.
    var handler: Handler
    /// What it costs to answer a question.
    var kind = QueryLimits.Kind.question

    /// A `GET` route.
    static func get(
        _ path: String,
        for audience: Audience = .readers,
        takesParameters: Bool = false,
        _ handle: @escaping @Sendable (Request, Parameters) async throws -> Response
    ) -> Route {
        Route(path: path, method: .get, audience: audience, takesParameters: takesParameters, handler: .ask(handle))
    }

    /// A `POST` route for agents.
    static func post(
        _ path: String,
        _ handle: @escaping @Sendable (Request, Sender) async throws -> Response
    ) -> Route {
        Route(path: path, method: .post, audience: .agents, takesParameters: false, handler: .report(handle))
    }
}
