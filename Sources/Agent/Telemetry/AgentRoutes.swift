// SPDX-License-Identifier: Apache-2.0
import Exposition
import Hummingbird

/// The agent's own HTTP: `/metrics`, `/healthz` and `/readyz`.
struct AgentRoutes: Sendable {
    let metrics: AgentMetrics
    let counters: AgentCounters

    /// A router with the routes.
    func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.get("metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: MetricsText.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: metrics.text()))
            )
        }
        router.get("healthz") { _, _ in Self.plain(.ok, "ok") }
        router.get("readyz") { _, _ in
            switch counters.snapshot.isDraining {
            case true?: Self.plain(.ok, "ok")
            case false?: Self.plain(.serviceUnavailable, "the kernel's counters could not be drained or stored")
            case nil: Self.plain(.serviceUnavailable, "the kernel's counters were not drained yet")
            }
        }
        return router
    }

    private static func plain(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n"))
        )
    }
}
