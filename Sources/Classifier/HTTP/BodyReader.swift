// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird

/// Reads the body of a batch, if its labels and size are right.
///
/// What is refused is counted; nothing beyond ``maxBody`` is ever held in memory.
struct BodyReader: Sendable {
    /// The only media type that is taken.
    let mediaType: String
    /// True if a body without a media type is taken to be of the right one.
    var allowsUnlabelled = false
    /// The largest body in bytes.
    let maxBody: Int
    /// Counts what is refused.
    let meter: IngestMeter

    /// The body of `request`, whole.
    func read(_ request: Request) async throws(IngestRefusal) -> [UInt8] {
        let declared = request.headers[.contentLength].flatMap { UInt64($0) }
        do {
            try check(request, declared: declared)
        } catch {
            meter.count(error.reason, bytes: declared ?? 0)
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
        meter.count(refusal.reason, bytes: UInt64(body.count))
        throw refusal
    }

    private func check(_ request: Request, declared: UInt64?) throws(IngestRefusal) {
        let given = request.headers[.contentType] ?? ""
        let essence = given.prefix { $0 != ";" && $0 != " " }
        guard essence.lowercased() == mediaType || (given.isEmpty && allowsUnlabelled) else {
            let given = given.isEmpty ? "has no content type" : "is '\(given)'"
            throw IngestRefusal(
                reason: .contentType,
                problem: RequestProblem(
                    .unsupportedMediaType,
                    "The body must be \(mediaType), and this one \(given).",
                    field: "content-type",
                    headers: [.accept: mediaType]
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
