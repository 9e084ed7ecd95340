// SPDX-License-Identifier: Apache-2.0
import Exposition
import HTTPTypes
import Hummingbird
import NIOCore
import Queries

/// `GET /metrics`: the counters and gauges in the Prometheus text format.
struct MetricsRoute: Sendable {
    /// Writes the text.
    let page: MetricsPage

    /// The route.
    var route: Route {
        .get("/metrics", for: .limitedReaders) { _, parameters in
            Response(
                status: .ok,
                headers: [.contentType: MetricsText.contentType],
                body: .init(byteBuffer: ByteBuffer(bytes: try await page.render(for: parameters.visibility)))
            )
        }
    }
}
