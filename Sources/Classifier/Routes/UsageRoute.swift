// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Queries
import Zones

/// `GET /api/v1/usage`: how many bytes, over which time, grouped by what.
struct UsageRoute: Sendable {
    /// The formats by their media types, the preferred one first.
    private static let formats: [(mediaType: String, format: AnswerFormat)] = [
        ("application/json", .json),
        ("text/csv", .csv),
        ("text/plain", .table),
    ]

    /// Where the bytes are booked.
    let ledger: Ledger
    /// The time of day, for relative ranges.
    let clock: WallClock

    /// The route.
    var route: Route {
        .get("/api/v1/usage", takesParameters: true) { request, parameters in
            try await answer(request, parameters)
        }
    }

    private func answer(_ request: Request, _ parameters: Route.Parameters) async throws -> Response {
        let query: UsageQuery
        let named: AnswerFormat?
        do {
            query = try UsageQuery(
                parameters: parameters,
                now: clock.seconds,
                horizon: ledger.horizon(),
                zones: Zone.named
            )
            named = try AnswerFormat(parameters: parameters)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let format = try named ?? preferred(by: request)
        let facts = try await ledger.facts(for: query)
        let previous = query.comparesPrevious ? try await ledger.facts(for: query.previous) : nil
        let answer = UsageAnswer(query, facts, previous: previous)
        return Response(
            status: .ok,
            headers: [.contentType: format.contentType, .vary: "Accept"],
            body: ResponseBody { writer in
                for chunk in answer.chunks(as: format) {
                    try await writer.write(ByteBuffer(bytes: chunk))
                }
                try await writer.finish(nil)
            }
        )
    }

    /// The format that the `Accept` header prefers.
    private func preferred(by request: Request) throws(RequestProblem) -> AnswerFormat {
        let accept = request.headers[values: .accept].joined(separator: ",")
        let chosen = AcceptHeader(accept).best(of: Self.formats.map(\.mediaType))
        guard let format = Self.formats.first(where: { $0.mediaType == chosen })?.format else {
            let known = Self.formats.map(\.mediaType).joined(separator: ", ")
            throw RequestProblem(
                .notAcceptable,
                "The Accept header is '\(accept)', and the answer can be one of \(known).",
                field: "accept"
            )
        }
        return format
    }
}
