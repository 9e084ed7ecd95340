// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

extension FakeCluster {
    /// Answers one request, with the fault that was scripted for it if there is one.
    func respond(to request: Request) async throws -> Response {
        let query = Dictionary(
            request.uri.queryParameters.map { (String($0.key), String($0.value)) },
            uniquingKeysWith: { first, _ in first }
        )
        let isWatch = ["true", "1"].contains(query["watch"])
        let isReview = request.method == .post
        let seen = FakeRequest(
            kind: isReview ? .review : isWatch ? .watch : .list,
            path: request.uri.path,
            query: query,
            authorization: request.headers[.authorization],
            accept: request.headers[.accept]
        )
        let fault = update { state -> Fault? in
            state.requests.append(seen)
            let index = state.faults.firstIndex { scripted in
                (scripted.kind == .any || scripted.kind == seen.kind) && (scripted.path ?? seen.path) == seen.path
            }
            return index.map { state.faults.remove(at: $0).fault }
        }
        switch fault {
        case .status(let code, let reason, let message, let retryAfter):
            return StatusAnswer(code: code, reason: reason, message: message, retryAfter: retryAfter).response
        case .errorEvent(let code, let reason, let message) where !isWatch:
            return StatusAnswer(code: code, reason: reason, message: message).response
        case .foreign(let code, let body):
            return Response(
                status: .init(code: code),
                headers: [.contentType: "text/html"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: body))
            )
        case .noAnswer:
            try await until { _ in false }
        default:
            break
        }
        if let tokens = snapshot.acceptedTokens,
            !tokens.contains(where: { seen.authorization == "Bearer \($0)" })
        {
            return StatusAnswer(code: 401, reason: "Unauthorized", message: "Unauthorized").response
        }
        if isReview { return try await review(request, path: seen.path) }
        if let discovery = Discovery.answer(path: seen.path) { return Self.json(discovery, fault: fault) }
        guard let kind = FakeKind.all.first(where: { $0.path == seen.path }) else {
            return StatusAnswer(
                code: 404,
                reason: "NotFound",
                message: "the server could not find the requested resource"
            )
            .response
        }
        return isWatch ? watch(kind, seen, fault: fault, body: request.body) : list(kind, seen, fault: fault)
    }

    /// A successful answer of JSON, sent as the fault wants it.
    static func json(_ text: String, status: HTTPResponse.Status = .ok, fault: Fault?) -> Response {
        let length: Int? =
            switch fault {
            case .end: nil
            default: text.utf8.count
            }
        return Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(contentLength: length) { writer in
                let pieces = FaultyBody(fault: fault, text: text)
                while let piece = try await pieces.next() { try await writer.write(piece) }
                try await writer.finish(nil)
            }
        )
    }

    /// True if the request asks for metadata alone and gets it; `nil` if it accepts nothing that can be sent.
    func sendsMetadataOnly(_ request: FakeRequest) -> Bool? {
        let accepted = (request.accept ?? "application/json").split(separator: ",")
            .map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        let wantsMetadata = accepted.contains { $0.contains(";as=PartialObjectMetadata") }
        if wantsMetadata, snapshot.offersPartialMetadata { return true }
        let takesAll = accepted.contains { type in
            ["application/json", "application/*", "*/*"]
                .contains(type.split(separator: ";").first.map(String.init) ?? "")
                && !type.contains(";as=")
        }
        return takesAll ? false : nil
    }

    private func review(_ request: Request, path: String) async throws -> Response {
        struct Review: Decodable {
            struct Spec: Decodable {
                let token: String?
                let audiences: [String]?
            }

            let spec: Spec
        }
        guard path == "/apis/authentication.k8s.io/v1/tokenreviews" else {
            return StatusAnswer(code: 405, reason: "MethodNotAllowed", message: "POST is not supported").response
        }
        let body = try await request.body.collect(upTo: 1 << 20)
        guard let review = try? JSONDecoder().decode(Review.self, from: Data(body.readableBytesView)) else {
            return StatusAnswer(code: 400, reason: "BadRequest", message: "the body is no TokenReview").response
        }
        let known = review.spec.token.flatMap { snapshot.reviews[$0] }
        let asked = review.spec.audiences ?? ["https://kubernetes.default.svc"]
        let granted = known.map { status in asked.filter(status.audiences.contains) } ?? []
        var status: [String]
        if let known, !granted.isEmpty {
            let extra = known.extra.sorted { $0.key < $1.key }.map { "\($0.key.json):\(Self.list($0.value))" }
            status = [
                "\"authenticated\":true",
                """
                "user":{"username":\(known.username.json),"uid":\(known.uid.json),"groups":\(Self.list(known.groups)),\
                "extra":{\(extra.joined(separator: ","))}}
                """,
                "\"audiences\":\(Self.list(granted))",
            ]
        } else {
            status = ["\"user\":{}", "\"error\":\"[invalid bearer token, token audiences is invalid]\""]
        }
        let spec = "\"token\":\((review.spec.token ?? "").json),\"audiences\":\(Self.list(asked))"
        return Self.json(
            """
            {"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","metadata":{"creationTimestamp":null},\
            "spec":{\(spec)},"status":{\(status.joined(separator: ","))}}
            """,
            status: .created,
            fault: nil
        )
    }

    private static func list(_ texts: [String]) -> String {
        "[\(texts.map(\.json).joined(separator: ","))]"
    }
}
