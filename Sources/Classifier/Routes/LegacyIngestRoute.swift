// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird

/// `POST /write-network-statistics`: takes the JSON of acll19/netledger v0.1 agents.
///
/// Those agents do not label the body, so a missing content type is taken for JSON.
struct LegacyIngestRoute: Sendable {
    /// What books the batches.
    let pipeline: Pipeline
    /// The largest body in bytes.
    let maxBody: Int

    /// The route.
    var route: Route {
        .post("/write-network-statistics") { request, sender in try await answer(request, from: sender) }
    }

    private func answer(_ request: Request, from sender: Sender) async throws(RequestProblem) -> Response {
        do {
            let reader = BodyReader(
                mediaType: "application/json",
                allowsUnlabelled: true,
                maxBody: maxBody,
                room: pipeline.room,
                meter: pipeline.meter
            )
            let (body, place) = try await reader.read(request)
            try await pipeline.ingestLegacy(body, from: sender) { place.leave() }
            return Response(status: .ok)
        } catch {
            throw error.problem
        }
    }
}
