// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

/// A real Prometheus sees the same bytes as the ledger, restarts of the classifier included.
///
/// `increase()` is exact here for two reasons. The series exist before the traffic of interest: Prometheus cannot
/// count a series' first value as growth, so traffic is sent once before. And the window begins and ends exactly on
/// a sample: `increase()` extrapolates to the edges of its window, by nothing if both edges are samples. Nothing
/// grows around either edge, so which of the flat samples is chosen does not matter.
@Suite(.serialized, .whereMeteringWorks, .enabled(if: TestEnvironment.has("prometheus"), "needs Debian's prometheus"))
struct PrometheusTests {
    @Test func increaseEqualsTheLedger() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        var random = SeededRandom()
        let lab = try TrafficLab(TrafficMix.everything(&random))
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        try await deployment.startClassifier()
        try await deployment.startAgent()
        let target = Deployment.address(of: deployment.classifierURL)
        let prometheus = try await PrometheusServer(scraping: target, in: deployment)

        try await lab.run()
        let before = try await waitUntilBooked(lab, deployment)
        let start = try await waitUntilScraped(before, lab, prometheus)

        let running = Task { try await lab.run() }
        let batches = try await deployment.appliedBatches()
        try await waitUntil("batches are booked") { try await deployment.appliedBatches() > batches }
        deployment.killClassifier()
        try await running.value
        try await deployment.startClassifier()
        let after = try await waitUntilBooked(lab, deployment)
        let end = try await waitUntilScraped(after, lab, prometheus)

        let window = "[\(Int((end * 1000).rounded()) - Int((start * 1000).rounded()))ms]"
        for direction in [Direction.egress, .ingress] {
            let series = Self.selector(direction, lab)
            let grown = Self.values(after, direction).merging(Self.values(before, direction)) { $0 - $1 }
            let increase = try await prometheus.query("increase(\(series)\(window))", at: end)
            #expect(Self.values(increase, lab) == grown, "seed \(random.seed)")
            let span = "max_over_time(\(series)\(window)) - min_over_time(\(series)\(window))"
            #expect(Self.values(try await prometheus.query(span, at: end), lab) == grown)
            let resets = try await prometheus.query("resets(\(series)\(window))", at: end)
            #expect(resets.count == grown.count)
            #expect(resets.allSatisfy { $0.values[0].value == "0" }, "the restart looks like a reset")
        }
        try await deployment.stopAgent()
        try await prometheus.stop()
    }

    /// `promtool` knows the conventions that a page should keep, and it refuses what cannot be parsed.
    @Test(.enabled(if: TestEnvironment.has("promtool"), "needs promtool, which comes with Debian's prometheus"))
    func promtoolAcceptsThePage() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        let exchange = TrafficExchange(
            .tcp(connections: 1, chunk: 1000),
            .v4,
            port: 6000,
            requestBytes: 1000,
            replyBytes: 1000
        )
        let lab = try TrafficLab([.init(exchange)])
        let deployment = try Deployment()
        defer {
            deployment.remove()
            lab.remove()
        }
        try await deployment.startClassifier()
        try await deployment.startAgent()
        try await lab.run()
        try await deployment.stopAgent()
        let page = try await deployment.metrics()
        for name in [
            "netledger_pod_network_egress_bytes_total", "netledger_pod_network_ingress_bytes_total",
            "netledger_agent_ebpf_map_max_entries", "netledger_agent_ebpf_map_current_size", "http_requests_total",
        ] {
            #expect(MetricSample.all(in: page).contains { $0.name == name }, "\(name) is missing")
        }
        let file = deployment.folder.file("metrics.txt")
        try page.write(toFile: file, atomically: true, encoding: .utf8)
        try Shell.run(["sh", "-c", "promtool check metrics < \"$0\"", file])
    }

    /// Waits until the ledger holds all that crossed the wire; no counter of the lab grows after that.
    private func waitUntilBooked(
        _ lab: TrafficLab,
        _ deployment: Deployment
    ) async throws -> [TrafficLab.Account: FlowCounters] {
        let truth = try lab.accounts()
        try await waitUntil("the ledger holds \(truth)", every: .milliseconds(20)) {
            try await deployment.accounts(of: lab) == truth
        }
        return truth
    }

    /// Waits until the newest scrape shows `accounts`; answers its time, in seconds since 1970.
    private func waitUntilScraped(
        _ accounts: [TrafficLab.Account: FlowCounters],
        _ lab: TrafficLab,
        _ prometheus: PrometheusServer
    ) async throws -> Double {
        var time = 0.0
        try await waitUntil("Prometheus has scraped \(accounts)", every: .milliseconds(100)) {
            // Samples of the last seconds, with the times of their scrapes.
            let egress = try await prometheus.query(Self.selector(.egress, lab) + "[10s]")
            let ingress = try await prometheus.query(Self.selector(.ingress, lab) + "[10s]")
            time = egress.compactMap { $0.values.last?.seconds }.max() ?? 0
            return Self.values(egress, lab) == Self.values(accounts, .egress)
                && Self.values(ingress, lab) == Self.values(accounts, .ingress)
                && (egress + ingress).allSatisfy { $0.values.last?.seconds == time }
        }
        return time
    }

    private static func selector(_ direction: Direction, _ lab: TrafficLab) -> String {
        "netledger_pod_network_\(direction.rawValue)_bytes_total{namespace=\"\(lab.parentCgroup)\"}"
    }

    /// Bytes of one direction by account.
    private static func values(
        _ accounts: [TrafficLab.Account: FlowCounters],
        _ direction: Direction
    ) -> [TrafficLab.Account: Double] {
        accounts.mapValues { Double(direction == .egress ? $0.egressBytes : $0.ingressBytes) }
    }

    /// The newest value of each series by account; in the lab each account is one series.
    private static func values(
        _ series: [PrometheusServer.Vector.Series],
        _ lab: TrafficLab
    ) -> [TrafficLab.Account: Double] {
        let hosts = lab.sides.map { $0.group.cgroupPath.split(separator: "/").last.map(String.init) }
        return series.reduce(into: [:]) { values, series in
            let account = TrafficLab.Account(
                host: hosts.firstIndex(of: series.metric["pod_name"]) ?? -1,
                initiator: series.metric["pod_initiated"] == "true" ? .pod : .remote
            )
            values[account, default: 0] += series.values.last.flatMap { Double($0.value) } ?? .nan
        }
    }
}
