// SPDX-License-Identifier: Apache-2.0
import Exposition
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /metrics`: the counters and gauges in the Prometheus text format.
struct MetricsRoute: Sendable {
    /// Writes the text.
    let page: MetricsPage

    /// The route.
    var route: Route {
        .get("/metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: MetricsText.contentType],
                body: .init(byteBuffer: ByteBuffer(bytes: try await page.render()))
            )
        }
    }
}
