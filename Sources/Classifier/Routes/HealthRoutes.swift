// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /healthz`: the process answers.
///
/// `GET /readyz`: the ledger takes batches.
struct HealthRoutes: Sendable {
    /// What books the batches.
    let pipeline: Pipeline

    /// Both routes.
    var routes: [Route] {
        [
            .get("/healthz", for: .everyone) { _, _ in text("ok\n") },
            .get("/readyz", for: .everyone) { _, _ in
                guard let failure = pipeline.health.failure(now: pipeline.clock.now()) else { return text("ok\n") }
                throw RequestProblem(.serviceUnavailable, "The ledger did not take the last batch: \(failure)")
            },
        ]
    }

    private func text(_ text: String) -> Response {
        Response(
            status: .ok,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text))
        )
    }
}
