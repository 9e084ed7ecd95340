// SPDX-License-Identifier: Apache-2.0
import Classification
import Foundation
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Pricing
import Queries

/// `POST /api/v1/close?month=2026-10` freezes a month; `GET /api/v1/close` lists what is frozen and says whether a
/// month still is what was closed.
struct CloseRoutes: Sendable {
    /// Where the bytes are booked and the months kept.
    let ledger: Ledger
    /// The rules and prices, which are frozen too.
    let rules: LiveRules
    /// The time of day: a month that is not over cannot be closed.
    let clock: WallClock

    /// The routes.
    var routes: [Route] {
        [
            Route(
                path: "/api/v1/close",
                method: .post,
                audience: .readers,
                takesParameters: true,
                handler: .ask { _, parameters in try await close(parameters) }
            ),
            .get("/api/v1/close", takesParameters: true) { _, parameters in try await show(parameters) },
        ]
    }

    private func close(_ parameters: Route.Parameters) async throws -> Response {
        let (month, revision) = try selection(parameters)
        guard let month, revision == nil else {
            throw RequestProblem(.badRequest, "'month': name the month to close, such as 2026-10.", parameter: "month")
        }
        guard month.span.upperBound <= clock.seconds else {
            throw RequestProblem(
                .conflict,
                "The month \(month.text) is not over: it ends at \(UTCTime(secondsSinceEpoch: month.span.upperBound)).",
                parameter: "month"
            )
        }
        guard month.span.lowerBound >= ledger.horizon().day else {
            throw RequestProblem(
                .conflict,
                "Days of \(month.text) were pruned, so it cannot be closed any more; --keep-days says how long they stay.",
                parameter: "month"
            )
        }
        let document = try await document(month.span)
        let hash = Self.hash(document)
        let (close, isNew) = try await ledger.close(
            month.text,
            document: String(decoding: document, as: UTF8.self),
            hash: hash,
            now: clock.seconds
        )
        var json = JSONWriter()
        json.beginObject()
        json.members(close)
        json.key("changed")
        json.value(isNew)
        json.endObject()
        return Self.answer(json, status: isNew ? .created : .ok)
    }

    private func show(_ parameters: Route.Parameters) async throws -> Response {
        let (month, revision) = try selection(parameters)
        let closes = try await ledger.closes(of: month?.text)
        var json = JSONWriter()
        guard let month else {
            json.beginObject()
            json.key("closes")
            json.beginArray()
            for close in closes {
                json.beginObject()
                json.members(close)
                json.endObject()
            }
            json.endArray()
            json.endObject()
            return Self.answer(json)
        }
        guard let close = closes.last(where: { revision == nil || $0.revision == revision }) else {
            throw RequestProblem(.notFound, "The month \(month.text) has no such revision; it was not closed.")
        }
        guard revision == nil else {
            // The document as it was frozen, byte for byte: its hash can be checked.
            return Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(string: close.document))
            )
        }
        json.beginObject()
        json.members(close)
        json.member("current_hash", Self.hash(try await document(month.span)))
        json.key("revisions")
        json.beginArray()
        for close in closes {
            json.beginObject()
            json.members(close)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        return Self.answer(json)
    }

    /// The month as the ledger, the prices and the rules have it now.
    private func document(_ span: Range<Int64>) async throws -> [UInt8] {
        let questions: ClosedMonth.Questions
        do {
            questions = try ClosedMonth.Questions(span, book: rules.settings.prices)
        } catch {
            throw RequestProblem(.conflict, "The month cannot be priced: \(error.detail).", parameter: "month")
        }
        let (sheet, heads) = try await ledger.read(questions.queries, into: ClosedMonth.Sheet(questions))
        return try ClosedMonth(sheet, losses: heads[0].losses, rules: rules.fingerprints).document
    }

    private func selection(
        _ parameters: Route.Parameters
    ) throws(RequestProblem) -> (month: (text: String, span: Range<Int64>)?, revision: Int?) {
        var month: (text: String, span: Range<Int64>)?
        var revision: Int?
        for (name, value) in parameters.pairs {
            switch name {
            case "month":
                guard month == nil, let span = UTCTime.month(value) else {
                    throw RequestProblem(
                        .badRequest,
                        "'month': '\(value.prefix(40))' is not one month, such as 2026-10.",
                        parameter: name
                    )
                }
                month = (value, span)
            case "revision":
                guard revision == nil, let number = Int(value), number > 0 else {
                    throw RequestProblem(
                        .badRequest,
                        "'revision': '\(value.prefix(40))' is not a revision, such as 1.",
                        parameter: name
                    )
                }
                revision = number
            default:
                throw RequestProblem(
                    .badRequest,
                    "'\(name)': is not a parameter; accepted are month, revision",
                    parameter: name
                )
            }
        }
        guard revision == nil || month != nil else {
            throw RequestProblem(.badRequest, "'month': name the month whose revision is meant.", parameter: "month")
        }
        return (month, revision)
    }

    private static func hash(_ document: [UInt8]) -> String {
        SHA256Digest(of: document).hex
    }

    private static func answer(_ json: JSONWriter, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.bytes))
        )
    }
}

extension JSONWriter {
    /// Writes what identifies a revision, as members of the object that is open.
    fileprivate mutating func members(_ close: Close) {
        member("month", close.month)
        member("revision", close.revision)
        member("kind", close.revision == 1 ? "close" : "restatement")
        member("closed_at", UTCTime(secondsSinceEpoch: close.closedAt).description)
        member("hash", close.hash)
    }
}

extension LiveRules {
    /// What identifies the rules that hold now: the configuration's text and the feeds' editions.
    var fingerprints: [(name: String, value: String)] {
        let settings = settings
        return [("configuration", settings.configurationFingerprint)]
            + rulebook.editions.map { ("feed:\($0.feed)", $0.edition) }
    }
}
