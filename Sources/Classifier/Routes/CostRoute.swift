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
        var parameters = parameters.asked(of: ledger)
        let basis: CostBasis
        let style: TableStyle
        let named: AnswerFormat?
        do {
            style = try TableStyle(takingFrom: &parameters)
            basis = try CostBasis(takingFrom: &parameters)
            named = try AnswerFormat(parameters: parameters)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let format = try named ?? .preferred(by: request)
        let report: Report
        switch basis {
        case .estimate: report = try await estimate(parameters)
        case .allocated(let bills): report = try await allocation(parameters, bills: bills)
        }
        return Response(report, format: format, style: style)
    }

    /// The answer by the price book.
    private func estimate(_ parameters: Route.Parameters) async throws -> Report {
        let book = try rules.priceBook()
        let plan: CostPlan
        do {
            plan = try CostPlan(CostQuery(parameters: parameters, now: clock.seconds, book: book), book: book)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let (sheet, heads) = try await ledger.read(plan.queries, into: CostSheet(plan))
        return try CostAnswer(sheet, missing: heads.missing).report
    }

    /// The answer by saved bills: all that bill some of the range, or those of these names.
    private func allocation(_ parameters: Route.Parameters, bills names: Set<String>?) async throws -> Report {
        let query: CostQuery
        do {
            query = try CostQuery(ofBills: parameters, now: clock.seconds)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let saved = try await ledger.bills(of: names == nil ? query.usage.start..<query.usage.end : nil)
            .filter { names?.contains($0.bill.name) ?? true }
        if let stranger = names?.subtracting(saved.map(\.bill.name)).min() {
            throw RequestProblem(.notFound, "No bill is saved as '\(stranger.prefix(100))'.", parameter: "bill")
        }
        guard !saved.isEmpty else {
            throw RequestProblem(
                .conflict,
                "No bill is saved for this time. Save one with 'netledger allocate FILE --save NAME', or ask for "
                    + "basis=estimate.",
                parameter: "basis"
            )
        }
        let plan: AllocatedPlan
        let contents = try saved.map { saved in
            var bill = Bill()
            try bill.read(saved.document.utf8)
            try bill.finish()
            return (bill: saved.bill, content: bill)
        }
        do {
            plan = try AllocatedPlan(query, bills: contents)
        } catch {
            throw RequestProblem(Problem(error))
        }
        let (sheet, heads) = try await ledger.read(plan.queries, into: AllocatedSheet(plan))
        return AllocatedCosts(sheet, missing: heads.missing).report
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
