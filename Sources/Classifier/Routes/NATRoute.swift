// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import Ledger
import Pricing
import Queries

/// `GET /api/v1/nat`: the bytes that NAT gateways charge for, and what they cost if there is a price book.
struct NATRoute: Sendable {
    /// Where the bytes are booked.
    let ledger: Ledger
    /// Where the prices stand.
    let rules: LiveRules
    /// The time of day, for relative ranges.
    let clock: WallClock

    /// The route.
    var route: Route {
        .get("/api/v1/nat", for: .limitedReaders, takesParameters: true) { request, parameters in
            try await answer(request, parameters)
        }
    }

    private func answer(_ request: Request, _ parameters: Route.Parameters) async throws -> Response {
        var parameters = parameters.asked(of: ledger)
        let query: UsageQuery
        let sheet: NATReview.Sheet
        let style: TableStyle
        let named: AnswerFormat?
        do {
            style = try TableStyle(takingFrom: &parameters)
            query = try NATReview.query(parameters: parameters, now: clock.seconds)
            sheet = try NATReview.Sheet(query, book: rules.settings.prices)
            named = try AnswerFormat(parameters: parameters)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let format = try named ?? .preferred(by: request)
        let (full, heads) = try await ledger.read(sheet.queries, into: sheet)
        let review = try NATReview(full, missing: heads.missing)
        return Response(review.report, format: format, style: style)
    }
}
