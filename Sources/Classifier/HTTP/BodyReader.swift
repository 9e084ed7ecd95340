// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird

/// Reads the body of a batch, if its labels and size are right.
///
/// What is refused is counted; nothing beyond ``maxBody`` is ever held in memory, nor of all bodies more than `room` has.
struct BodyReader: Sendable {
    /// The only media type that is taken.
    let mediaType: String
    /// True if a body without a media type is taken to be of the right one.
    var allowsUnlabelled = false
    /// The largest body in bytes.
    let maxBody: Int
    /// Where all bodies are while they are read.
    let room: BodyRoom
    /// Counts what is refused.
    let meter: IngestMeter

    /// The body of `request`, whole, and its place, which is to be kept as long as the body is.
    func read(_ request: Request) async throws(IngestRefusal) -> (body: [UInt8], place: BodyRoom.Place) {
        let declared = request.headers[.contentLength].flatMap { UInt64($0) }
        do {
            try check(request, declared: declared)
        } catch {
            meter.count(error.reason, bytes: declared ?? 0)
            throw error
        }
        var body: [UInt8] = []
        var refusal: IngestRefusal?
        let place = room.place()
        do {
            for try await chunk in request.body {
                guard place.grow(by: chunk.readableBytes) else {
                    refusal = busy
                    break
                }
                body.append(contentsOf: chunk.readableBytesView)
                if body.count > maxBody { break }
            }
        } catch {
            let detail = "The connection ended after \(body.count) bytes of the body."
            refusal = IngestRefusal(reason: .incomplete, problem: RequestProblem(.badRequest, detail))
        }
        if body.count > maxBody { refusal = tooLarge }
        guard let refusal else { return (body, place) }
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

    private var busy: IngestRefusal {
        IngestRefusal(
            reason: .busy,
            problem: RequestProblem(
                .serviceUnavailable,
                "The bodies that are being read take \(room.capacity) bytes already, the classifier's --max-bodies. "
                    + "Nothing was booked; send it again in a moment.",
                headers: [.retryAfter: "1"]
            )
        )
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
