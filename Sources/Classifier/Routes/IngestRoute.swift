// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// `POST /v1/flows`: takes one batch in protobuf and answers once it is durable, or refuses all of it.
struct IngestRoute: Sendable {
    private static let protobuf = "application/x-protobuf"

    /// What books the batches.
    let pipeline: Pipeline
    /// The largest body in bytes.
    let maxBody: Int

    /// The route.
    var route: Route {
        .post("/v1/flows") { request, _ in try await answer(request) }
    }

    private func answer(_ request: Request) async throws(RequestProblem) -> Response {
        do {
            let body = try await body(of: request)
            let acknowledgement = try await pipeline.ingest(body)
            return Response(
                status: .ok,
                headers: [.contentType: Self.protobuf],
                body: .init(byteBuffer: ByteBuffer(bytes: acknowledgement.encoded()))
            )
        } catch {
            throw error.problem
        }
    }

    /// The body, if its labels and size are right.
    ///
    /// What is refused here is counted here; nothing beyond ``maxBody`` is ever held in memory.
    private func body(of request: Request) async throws(IngestRefusal) -> [UInt8] {
        let declared = request.headers[.contentLength].flatMap { UInt64($0) }
        do {
            try check(request, declared: declared)
        } catch {
            pipeline.meter.count(error.reason, bytes: declared ?? 0)
            throw error
        }
        var body: [UInt8] = []
        var refusal: IngestRefusal?
        do {
            for try await chunk in request.body {
                body.append(contentsOf: chunk.readableBytesView)
                if body.count > maxBody { break }
            }
        } catch {
            let detail = "The connection ended after \(body.count) bytes of the body."
            refusal = IngestRefusal(reason: .incomplete, problem: RequestProblem(.badRequest, detail))
        }
        if body.count > maxBody { refusal = tooLarge }
        guard let refusal else { return body }
        pipeline.meter.count(refusal.reason, bytes: UInt64(body.count))
        throw refusal
    }

    private func check(_ request: Request, declared: UInt64?) throws(IngestRefusal) {
        let mediaType = request.headers[.contentType] ?? ""
        let essence = mediaType.prefix { $0 != ";" && $0 != " " }
        guard essence.lowercased() == Self.protobuf else {
            let given = mediaType.isEmpty ? "has no content type" : "is '\(mediaType)'"
            throw IngestRefusal(
                reason: .contentType,
                problem: RequestProblem(
                    .unsupportedMediaType,
                    "The body must be \(Self.protobuf), and this one \(given).",
                    field: "content-type",
                    headers: [.accept: Self.protobuf]
                )
            )
        }
        let encoding = request.headers[.contentEncoding] ?? "identity"
        guard encoding.lowercased() == "identity" else {
            throw IngestRefusal(
                reason: .contentEncoding,
                problem: RequestProblem(
                    .unsupportedMediaType,
                    "The body must not be encoded, and this one is '\(encoding)'.",
                    field: "content-encoding",
                    headers: [.acceptEncoding: "identity"]
                )
            )
        }
        if let declared, declared > UInt64(maxBody) { throw tooLarge }
    }

    private var tooLarge: IngestRefusal {
        IngestRefusal(
            reason: .tooLarge,
            problem: RequestProblem(
                .contentTooLarge,
                "The body is larger than \(maxBody) bytes, the classifier's --max-body. Send smaller batches or raise it."
            )
        )
    }
}
