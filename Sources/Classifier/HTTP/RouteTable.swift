// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Ledger
import Logging
import Queries

/// Finds the route of a request, lets in who may use it, answers what has none, and counts every answer.
///
/// All paths are fixed, so this is a dictionary and not Hummingbird's trie: the trie answers a wrong method
/// like an unknown path, and here a wrong method is 405 with `Allow`, and every error is a ``RequestProblem``.
struct RouteTable: HTTPResponder {
    typealias Context = BasicRequestContext

    private let routes: [String: [HTTPRequest.Method: Route]]
    private let gate: Gatekeeper
    private let queries: QueryLimits
    private let meter: RequestMeter
    private let logger: Logger

    /// A table of `routes`; for a path and method that come twice, the last counts.
    init(_ routes: [Route], gate: Gatekeeper, queries: QueryLimits, meter: RequestMeter, logger: Logger) {
        var table: [String: [HTTPRequest.Method: Route]] = [:]
        for route in routes {
            table[route.path, default: [:]][route.method] = route
        }
        self.routes = table
        self.gate = gate
        self.queries = queries
        self.meter = meter
        self.logger = logger
    }

    /// Every method and path that is answered, such as `GET /metrics`.
    var operations: Set<String> {
        Set(routes.flatMap { path, methods in methods.keys.map { "\($0.rawValue) \(path)" } })
    }

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let path = request.uri.path
        let methods = routes[path]
        let response: Response
        do {
            response = try await answer(request, path: path, methods: methods)
        } catch let problem as RequestProblem {
            response = problem.response
        } catch let error as LedgerError where error.code == .outOfRange || error.code == .tooLarge {
            response = Self.unanswerable("\(error)", parameter: error.code == .tooLarge ? "group_by" : nil).response
        } catch let error as AnswerTooLarge {
            response = Self.unanswerable("\(error)", parameter: "group_by").response
        } catch let error as CostOverflow {
            response = Self.unanswerable("\(error)").response
        } catch {
            logger.error("request failed", metadata: ["path": "\(path)", "error": "\(error)"])
            let detail = "The classifier failed to answer. Its log says why."
            response = RequestProblem(.internalServerError, detail).response
        }
        meter.count(route: methods == nil ? nil : path, method: request.method, status: response.status)
        return request.method == .head ? response.createHeadResponse() : response
    }

    /// The refusal of a valid question whose answer is too large.
    private static func unanswerable(_ reason: String, parameter: String? = nil) -> RequestProblem {
        RequestProblem(.unprocessableContent, "The question cannot be answered: \(reason).", parameter: parameter)
    }

    private func answer(
        _ request: Request,
        path: String,
        methods: [HTTPRequest.Method: Route]?
    ) async throws -> Response {
        guard let methods else {
            throw RequestProblem(.notFound, "There is nothing at this path. The paths are \(list(routes.keys)).")
        }
        guard let route = methods[request.method == .head ? .get : request.method] else {
            var allowed = methods.keys.map(\.rawValue)
            if methods[.get] != nil { allowed.append("HEAD") }
            throw RequestProblem(
                .methodNotAllowed,
                "This path does not take \(request.method.rawValue), only \(list(allowed)).",
                headers: [.allow: list(allowed)]
            )
        }
        let caller = Caller(request, certificate: Connection.current?.certificate)
        switch route.handler {
        case .report(let handle):
            let sender = try await gate.sender(caller)
            _ = try parameters(of: request, route)
            return try await handle(request, sender)
        case .ask(let handle):
            let visibility = try await visibility(of: caller, route)
            let parameters = Route.Parameters(try parameters(of: request, route), visibility: visibility)
            guard route.audience != .everyone else { return try await handle(request, parameters) }
            return try await queries.run(route.kind) { try await handle(request, parameters) }
        }
    }

    /// What `caller` may see of `route`.
    private func visibility(of caller: Caller, _ route: Route) async throws(RequestProblem) -> Visibility {
        switch route.audience {
        case .everyone: return .namespaces([])
        case .limitedReaders: return try await gate.visibility(caller)
        case .readers, .agents:
            let visibility = try await gate.visibility(caller)
            guard visibility == .everything else { throw gate.refuse(visibility) }
            return visibility
        }
    }

    private func parameters(
        of request: Request,
        _ route: Route
    ) throws(RequestProblem) -> [(name: String, value: String)] {
        let parameters = try QueryString.parameters(of: request)
        if !route.takesParameters, let stranger = parameters.first {
            throw RequestProblem(
                .badRequest,
                "This path takes no query parameters, but '\(stranger.name)' was given.",
                parameter: stranger.name
            )
        }
        return parameters
    }

    private func list(_ words: some Sequence<String>) -> String {
        words.sorted().joined(separator: ", ")
    }
}
