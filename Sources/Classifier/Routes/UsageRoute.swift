// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Ledger
import Logging
import NIOCore
import Queries

/// `GET /api/v1/usage`: how many bytes, over which time, grouped by what.
struct UsageRoute: Sendable {
    /// Where the bytes are booked.
    let ledger: Ledger
    /// The time of day, for relative ranges.
    let clock: WallClock
    /// Says why an answer was broken off.
    let logger: Logger

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
        if format == .csv, query.isStepped {
            return try await Response(streaming: try await ledger.stream(query), logger: logger)
        }
        let answer = try await ledger.answer(to: query)
        return Response(answer.chunks(as: format), format: format, fields: answer.fields)
    }
}

extension Response {
    /// The response that sends `stream` as CSV while it is read.
    ///
    /// A failure after the first rows ends the connection without the end of the body, so that nobody takes what came
    /// for everything.
    ///
    /// - Parameter logger: Says why an answer was broken off.
    fileprivate init(streaming stream: AnswerStream, logger: Logger) async throws {
        let slices = stream.slices
        let first = try await stream.answer(slices[0])
        self.init(
            status: .ok,
            headers: HTTPFields(of: .csv, stream.head.fields),
            body: ResponseBody { writer in
                do {
                    for chunk in first.chunks(as: .csv) { try await writer.write(ByteBuffer(bytes: chunk)) }
                    for slice in slices.dropFirst() {
                        let rows = try await stream.answer(slice)
                        for chunk in rows.continuedCSVChunks { try await writer.write(ByteBuffer(bytes: chunk)) }
                    }
                } catch {
                    logger.error("an answer was broken off", metadata: ["error": "\(error)"])
                    throw error
                }
                try await writer.finish(nil)
            }
        )
    }
}
