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
        .post("/v1/flows") { request, sender in try await answer(request, from: sender) }
    }

    private func answer(_ request: Request, from sender: Sender) async throws(RequestProblem) -> Response {
        do {
            let reader = BodyReader(
                mediaType: Self.protobuf,
                maxBody: maxBody,
                room: pipeline.room,
                meter: pipeline.meter
            )
            let (body, place) = try await reader.read(request)
            // What waits for its commit is bounded by the ledger.
            let acknowledgement = try await pipeline.ingest(body, from: sender) { place.leave() }
            return Response(
                status: .ok,
                headers: [.contentType: Self.protobuf],
                body: .init(byteBuffer: ByteBuffer(bytes: acknowledgement.encoded()))
            )
        } catch {
            throw error.problem
        }
    }
}
