// SPDX-License-Identifier: Apache-2.0
import Capture
import Hummingbird
import HummingbirdTesting
import Testing
import Traffic

@testable import Agent

struct AgentRoutesTests {
    let counters = AgentCounters()
    let backlog = Backlog(capacity: 1 << 20)

    private var application: some ApplicationProtocol {
        let metrics = AgentMetrics(counters: counters, queue: backlog) { 1_500_000_000 }
        return Application(router: AgentRoutes(metrics: metrics, counters: counters).router())
    }

    @Test func readinessFollowsTheDrains() async throws {
        try await application.test(.router) { client in
            func status(_ path: String) async throws -> HTTPResponse.Status {
                try await client.execute(uri: path, method: .get) { $0.status }
            }
            #expect(try await status("/healthz") == .ok)
            #expect(try await status("/readyz") == .serviceUnavailable)
            let sample = try { () throws -> Sample in
                var sampler = Sampler(FakeSource(), start: newYear)
                return try sampler.sample(at: newYear + second)
            }()
            counters.update { $0.drained(sample, nanoseconds: 1, walks: 0) }
            #expect(try await status("/readyz") == .ok)
            counters.update { $0.failedDrain() }
            #expect(try await status("/readyz") == .serviceUnavailable)
            #expect(try await status("/healthz") == .ok)
        }
    }

    @Test func metricsSayWhatWasDone() async throws {
        let sample = try { () throws -> Sample in
            let source = FakeSource()
            source.flows = [.sent(100)]
            source.losses = [Loss(reason: "map_full", counters: FlowCounters(ingressBytes: 3, ingressPackets: 1))]
            source.maps = [MapUse(name: "flows", entries: 2, capacity: 10)]
            var sampler = Sampler(source, start: newYear)
            return try sampler.sample(at: newYear + second)
        }()
        let batch = try #require(sample.batches.first)
        backlog.append(batch)
        counters.update {
            $0.drained(sample, nanoseconds: 2_000_000, walks: 4)
            $0.sent([batch], applied: 1)
            $0.sent([batch], applied: 0)
            $0.refused(batch, reason: "refused_400")
            $0.retries += 6
            $0.pauses += 7
            $0.failedDrain()
        }
        let text = try await application.test(.router) { client in
            try await client.execute(uri: "/metrics", method: .get) { response in
                #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
                return String(buffer: response.body)
            }
        }
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
        #expect(
            lines == [
                #"netledger_agent_build_info{version="\#(AgentProgram.version)"} 1"#,
                #"netledger_agent_drains_total{result="ok"} 1"#,
                #"netledger_agent_drains_total{result="failed"} 1"#,
                #"netledger_agent_drains_total{result="paused"} 7"#,
                "netledger_agent_drain_seconds_total 0.002",
                "netledger_agent_cgroup_walks_total 4",
                "netledger_agent_flows_total 1",
                #"netledger_agent_seen_bytes_total{direction="egress"} 100"#,
                #"netledger_agent_seen_bytes_total{direction="ingress"} 0"#,
                #"netledger_agent_service_bytes_total{resolution="backend",direction="egress"} 0"#,
                #"netledger_agent_service_bytes_total{resolution="backend",direction="ingress"} 0"#,
                #"netledger_agent_service_bytes_total{resolution="local",direction="egress"} 0"#,
                #"netledger_agent_service_bytes_total{resolution="local",direction="ingress"} 0"#,
                #"netledger_agent_service_bytes_total{resolution="service",direction="egress"} 0"#,
                #"netledger_agent_service_bytes_total{resolution="service",direction="ingress"} 0"#,
                #"netledger_agent_conntrack_missed_total{reason="overrun"} 0"#,
                #"netledger_agent_conntrack_missed_total{reason="table_full"} 0"#,
                #"netledger_agent_lost_bytes_total{reason="map_full",direction="egress"} 0"#,
                #"netledger_agent_lost_bytes_total{reason="map_full",direction="ingress"} 3"#,
                #"netledger_agent_lost_bytes_total{reason="refused_400",direction="egress"} 100"#,
                #"netledger_agent_lost_bytes_total{reason="refused_400",direction="ingress"} 0"#,
                "netledger_agent_clock_lead_seconds 1.5",
                #"netledger_agent_batches_total{outcome="applied"} 1"#,
                #"netledger_agent_batches_total{outcome="duplicate"} 1"#,
                #"netledger_agent_batches_total{outcome="refused"} 1"#,
                "netledger_agent_upload_retries_total 6",
                "netledger_agent_rewinds_total 0",
                #"netledger_agent_delivered_bytes_total{direction="egress"} 200"#,
                #"netledger_agent_delivered_bytes_total{direction="ingress"} 6"#,
                #"netledger_agent_spool_batches_total{event="recovered"} 0"#,
                #"netledger_agent_spool_batches_total{event="torn"} 0"#,
                #"netledger_agent_spool_batches_total{event="corrupt"} 0"#,
                #"netledger_agent_spool_batches_total{event="expired"} 0"#,
                "netledger_agent_backlog_bytes \(backlog.use.bytes)",
                "netledger_agent_backlog_capacity_bytes 1048576",
                "netledger_agent_backlog_batches 1",
                #"netledger_agent_map_entries{map="flows"} 2"#,
                #"netledger_agent_map_capacity{map="flows"} 10"#,
            ]
        )
    }
}
