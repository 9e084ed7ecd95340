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
        let sheet: DiffAnswer.Sheet
        let style: TableStyle
        let named: AnswerFormat?
        do {
            style = try TableStyle(takingFrom: &parameters)
            query = try DiffQuery(parameters: parameters, now: clock.seconds)
            sheet = try DiffAnswer.Sheet(query, book: rules.settings.prices)
            named = try AnswerFormat(parameters: parameters)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let format = try named ?? .preferred(by: request)
        let (full, heads) = try await ledger.read(sheet.queries, into: sheet)
        let answer = try DiffAnswer(full, missing: heads.map(\.missing))
        return Response(answer.report, format: format, style: style)
    }
}
