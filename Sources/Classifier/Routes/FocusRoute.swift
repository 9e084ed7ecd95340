// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Ledger
import Logging
import NIOCore
import Queries

/// `GET /api/v1/focus`: what every pod or unit cost on every day, as FOCUS CSV.
///
/// Each day is read from a snapshot of its own and sent before the next is read, so memory does not grow with the
/// range. An error after the first day breaks the answer off: its length was not promised.
struct FocusRoute: Sendable {
    /// Where the bytes are booked.
    let ledger: Ledger
    /// Where the prices stand.
    let rules: LiveRules
    /// The time of day, for relative ranges.
    let clock: WallClock
    /// Says why an answer was broken off.
    let logger: Logger

    /// The route.
    var route: Route {
        .get("/api/v1/focus", for: .limitedReaders, takesParameters: true) { _, parameters in try answer(parameters) }
    }

    private func answer(_ parameters: Route.Parameters) throws -> Response {
        let book = try rules.priceBook()
        let export: FocusExport
        do {
            export = try FocusExport(parameters: parameters.asked(of: ledger), now: clock.seconds, book: book)
        } catch {
            throw RequestProblem(Problem(error))
        }
        return Response(
            status: .ok,
            // A range that reaches beyond what is kept was refused.
            headers: HTTPFields(of: .csv, AnswerFields(missing: [])),
            body: ResponseBody { writer in
                var export = export
                do {
                    try await writer.write(ByteBuffer(bytes: export.header))
                    for day in export.days {
                        let plan = try export.plan(day)
                        let (sheet, _) = try await ledger.read(plan.queries, into: CostSheet(plan))
                        let rows = try export.rows(sheet)
                        if !rows.isEmpty { try await writer.write(ByteBuffer(bytes: rows)) }
                    }
                    try await writer.finish(nil)
                } catch {
                    logger.error("the FOCUS export was broken off", metadata: ["error": "\(error)"])
                    throw error
                }
            }
        )
    }
}
