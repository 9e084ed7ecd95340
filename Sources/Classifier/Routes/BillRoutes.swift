// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Ledger
import NIOCore
import Queries

/// `POST /api/v1/bills?name=october` saves what bytes caused of a bill, for `GET /api/v1/costs?basis=allocated`;
/// `GET` shows what is saved, `DELETE` removes one.
struct BillRoutes: Sendable {
    /// The largest bill that is read, in bytes.
    ///
    /// It is read as it comes, and only what bytes caused is kept.
    private static let mostBytes = 1 << 30
    /// The most items of a bill, which are kept: a year of hours, four kinds and some regions.
    private static let mostItems = 200_000

    /// Where the bills are kept.
    let ledger: Ledger
    /// The time of day.
    let clock: WallClock

    /// The routes.
    var routes: [Route] {
        [
            .get("/api/v1/bills", takesParameters: true) { _, parameters in try await show(parameters) },
            Route(
                path: "/api/v1/bills",
                method: .post,
                audience: .readers,
                takesParameters: true,
                handler: .ask { request, parameters in try await save(request, parameters) }
            ),
            Route(
                path: "/api/v1/bills",
                method: .delete,
                audience: .readers,
                takesParameters: true,
                handler: .ask { _, parameters in try await remove(parameters) }
            ),
        ]
    }

    private func save(_ request: Request, _ parameters: Route.Parameters) async throws -> Response {
        let name = try needed(parameters)
        let bill = try await read(request)
        let items = bill.sortedItems
        guard let start = items.map(\.period.lowerBound).min(), let end = items.map(\.period.upperBound).max() else {
            throw RequestProblem(
                .badRequest,
                "None of the \(bill.lines) lines of the bill is one that bytes cause: NAT gateways, between zones, to the "
                    + "internet or to other regions."
            )
        }
        let document = bill.summary
        let saved = SavedBill(
            name: name,
            start: start,
            end: end,
            currency: bill.currency ?? "",
            savedAt: clock.seconds,
            hash: SHA256Digest(of: document).hex
        )
        if let twin = try await ledger.save(saved, document: String(decoding: document, as: UTF8.self)) {
            throw RequestProblem(
                .conflict,
                "The same is saved as '\(twin)', and would count twice. Remove that first, or save it as that.",
                parameter: "name"
            )
        }
        var json = JSONWriter()
        json.beginObject()
        json.members(saved)
        json.member("items", items.count)
        json.member("lines", bill.lines)
        json.member("other_lines", bill.others.lines)
        json.endObject()
        return Self.answer(json, status: .created)
    }

    private func read(_ request: Request) async throws -> Bill {
        let essence = (request.headers[.contentType] ?? "").prefix { $0 != ";" && $0 != " " }
        guard essence.lowercased() == "text/csv" else {
            throw RequestProblem(
                .unsupportedMediaType,
                "A bill must be text/csv, with the columns of FOCUS or of AWS's cost and usage report.",
                field: "content-type",
                headers: [.accept: "text/csv"]
            )
        }
        var bill = Bill()
        var size = 0
        do {
            for try await chunk in request.body {
                size += chunk.readableBytes
                guard size <= Self.mostBytes else {
                    throw RequestProblem(.contentTooLarge, "The bill is larger than \(Self.mostBytes) bytes.")
                }
                try bill.read(chunk.readableBytesView)
                guard bill.itemCount <= Self.mostItems else {
                    throw RequestProblem(
                        .contentTooLarge,
                        "The bill has more than \(Self.mostItems) kinds, periods and regions together."
                    )
                }
            }
            try bill.finish()
        } catch let failure as Bill.Failure {
            throw RequestProblem(.badRequest, "The bill cannot be read: \(failure).")
        } catch let failure as CSVReader.Failure {
            throw RequestProblem(.badRequest, "The bill cannot be read: \(failure).")
        }
        return bill
    }

    private func show(_ parameters: Route.Parameters) async throws -> Response {
        let bills = try await ledger.bills()
        guard let name = try name(parameters) else {
            var json = JSONWriter()
            json.beginObject()
            json.key("bills")
            json.beginArray()
            for (bill, _) in bills {
                json.beginObject()
                json.members(bill)
                json.endObject()
            }
            json.endArray()
            json.endObject()
            return Self.answer(json)
        }
        guard let (_, document) = bills.first(where: { $0.bill.name == name }) else { throw Self.unknown(name) }
        return Response(
            status: .ok,
            headers: [.contentType: AnswerFormat.csv.contentType],
            body: .init(byteBuffer: ByteBuffer(string: document))
        )
    }

    private func remove(_ parameters: Route.Parameters) async throws -> Response {
        let name = try needed(parameters)
        guard try await ledger.removeBill(named: name) else { throw Self.unknown(name) }
        var json = JSONWriter()
        json.beginObject()
        json.member("removed", name)
        json.endObject()
        return Self.answer(json)
    }

    private func name(_ parameters: Route.Parameters) throws(RequestProblem) -> String? {
        var name: String?
        for (key, value) in parameters.pairs {
            guard key == "name" else {
                throw RequestProblem(
                    .badRequest,
                    "'\(key)': is not a parameter; accepted are name",
                    parameter: key
                )
            }
            let isUsable = value.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "._-".unicodeScalars.contains($0))
            }
            guard name == nil, isUsable, (1...64).contains(value.utf8.count) else {
                throw RequestProblem(
                    .badRequest,
                    "'name': the name of a bill is 1 to 64 letters, digits, '.', '_' and '-', such as october-2026.",
                    parameter: "name"
                )
            }
            name = value
        }
        return name
    }

    private func needed(_ parameters: Route.Parameters) throws(RequestProblem) -> String {
        guard let name = try name(parameters) else {
            throw RequestProblem(.badRequest, "'name': name the bill, such as october-2026.", parameter: "name")
        }
        return name
    }

    private static func unknown(_ name: String) -> RequestProblem {
        RequestProblem(.notFound, "No bill is saved as '\(name)'.", parameter: "name")
    }

    private static func answer(_ json: JSONWriter, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: json.bytes))
        )
    }
}
