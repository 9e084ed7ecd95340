// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import Ledger
import Pricing
import Queries

/// `GET /api/v1/costs`: what bytes cost, over which time, grouped by what.
struct CostRoute: Sendable {
    /// Where the bytes are booked.
    let ledger: Ledger
    /// Where the prices stand.
    let rules: LiveRules
    /// The time of day, for relative ranges.
    let clock: WallClock

    /// The route.
    var route: Route {
        .get("/api/v1/costs", for: .limitedReaders, takesParameters: true) { request, parameters in
            try await answer(request, parameters)
        }
    }

    private func answer(_ request: Request, _ parameters: Route.Parameters) async throws -> Response {
        let book = try rules.priceBook()
        var parameters = parameters.asked(of: ledger)
        let plan: CostPlan
        let style: TableStyle
        let named: AnswerFormat?
        do {
            style = try TableStyle(takingFrom: &parameters)
            plan = try CostPlan(CostQuery(parameters: parameters, now: clock.seconds, book: book), book: book)
            named = try AnswerFormat(parameters: parameters)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let format = try named ?? .preferred(by: request)
        let answer = try await ledger.costs(plan)
        return Response(answer.report.chunks(as: format, style: style), format: format)
    }
}

extension LiveRules {
    /// The price book that holds now.
    ///
    /// - Throws: A problem of status 409 if there is none.
    func priceBook() throws(RequestProblem) -> PriceBook {
        guard let book = settings.prices else {
            throw RequestProblem(
                .conflict,
                "This classifier has no price book. Start it with --prices FILE; examples are in deploy/prices."
            )
        }
        return book
    }
}

extension Ledger {
    /// The answer to the question that `plan` is for.
    ///
    /// - Throws: `RequestProblem` of status 422 if an amount is too large; else as ``facts(for:)``.
    func costs(_ plan: CostPlan) async throws -> CostAnswer {
        let facts = try await facts(for: plan.queries)
        do {
            return try CostAnswer(plan, facts: facts)
        } catch {
            throw RequestProblem(.unprocessableContent, "\(error)")
        }
    }
}
