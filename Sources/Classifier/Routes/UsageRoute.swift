// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import Ledger
import Queries

/// `GET /api/v1/usage`: how many bytes, over which time, grouped by what.
struct UsageRoute: Sendable {
    /// Where the bytes are booked.
    let ledger: Ledger
    /// The time of day, for relative ranges.
    let clock: WallClock

    /// The route.
    var route: Route {
        .get("/api/v1/usage", for: .limitedReaders, takesParameters: true) { request, parameters in
            try await answer(request, parameters)
        }
    }

    private func answer(_ request: Request, _ parameters: Route.Parameters) async throws -> Response {
        let query: UsageQuery
        let named: AnswerFormat?
        do {
            query = try UsageQuery(parameters: parameters.asked(of: ledger), now: clock.seconds)
            named = try AnswerFormat(parameters: parameters)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let format = try named ?? .preferred(by: request)
        let facts = try await ledger.facts(for: query.comparesPrevious ? [query, query.previous] : [query])
        let answer = UsageAnswer(query, facts[0], previous: facts.count > 1 ? facts[1] : nil)
        return Response(answer.chunks(as: format), format: format)
    }
}
