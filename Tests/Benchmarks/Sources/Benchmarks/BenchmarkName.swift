// SPDX-License-Identifier: Apache-2.0
import Instruments

/// The benchmarks, in the order they are run.
enum BenchmarkName: String, Codable, Sendable, CaseIterable {
    /// Processor time of decoding, classifying and booking flow records.
    case ingest
    /// Processor time and memory for a large fleet at its usual pace.
    case fleet
    /// Memory, refusals and latency when too much is sent.
    case overload
    /// Processor time and size of `GET /metrics`.
    case scrape
    /// Processor time of a query over a month.
    case query
    /// Processor time and memory of the agent.
    case agent

    /// Measures on `bench`.
    ///
    /// - Throws: Why there are no figures; none are given that may be wrong.
    func run(on bench: Workbench) async throws -> [Figure] {
        switch self {
        case .ingest: try await IngestBenchmark(bench: bench).run()
        case .fleet: try await FleetBenchmark(bench: bench).run()
        case .overload: try await OverloadBenchmark(bench: bench).run()
        case .scrape: try await ScrapeBenchmark(bench: bench).run()
        case .query: try await QueryBenchmark(bench: bench).run()
        case .agent: try await AgentBenchmark(bench: bench).run()
        }
    }
}
