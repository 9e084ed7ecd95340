// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import Ledger
import Pricing
import Queries

/// `GET /api/v1/diff`: which groups explain the change from one time to another, in bytes and in money.
struct DiffRoute: Sendable {
    /// Where the bytes are booked.
    let ledger: Ledger
    /// Where the prices stand.
    let rules: LiveRules
    /// The time of day, for relative ranges.
    let clock: WallClock

    /// The route.
    var route: Route {
        .get("/api/v1/diff", for: .limitedReaders, takesParameters: true) { request, parameters in
            try await answer(request, parameters)
        }
    }

    private func answer(_ request: Request, _ parameters: Route.Parameters) async throws -> Response {
        var parameters = parameters.asked(of: ledger)
        let query: DiffQuery
        let plans: [CostPlan]
        let style: TableStyle
        let named: AnswerFormat?
        do {
            style = try TableStyle(takingFrom: &parameters)
            query = try DiffQuery(parameters: parameters, now: clock.seconds)
            if let book = rules.settings.prices {
                plans = [
                    try CostPlan(CostQuery(usage: query.before), book: book),
                    try CostPlan(CostQuery(usage: query.after.unlimited), book: book),
                ]
            } else {
                plans = []
            }
            named = try AnswerFormat(parameters: parameters)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let format = try named ?? .preferred(by: request)
        let facts = try await ledger.facts(for: [query.before, query.after] + plans.flatMap(\.queries))
        var rest = facts.dropFirst(2)
        var costs: [CostAnswer] = []
        for plan in plans {
            do {
                costs.append(try CostAnswer(plan, facts: Array(rest.prefix(plan.queries.count))))
            } catch {
                throw RequestProblem(.unprocessableContent, "\(error)")
            }
            rest = rest.dropFirst(plan.queries.count)
        }
        let answer = DiffAnswer(
            query,
            before: facts[0],
            after: facts[1],
            costs: costs.count == 2 ? (costs[0], costs[1]) : nil
        )
        return Response(answer.report.chunks(as: format, style: style), format: format)
    }
}

extension UsageQuery {
    /// The same without a limit.
    fileprivate var unlimited: UsageQuery {
        var query = self
        query.limit = nil
        return query
    }
}
