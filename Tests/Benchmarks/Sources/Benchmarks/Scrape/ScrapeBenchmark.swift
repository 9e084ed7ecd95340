// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import Traffic

/// What `GET /metrics` costs the classifier.
struct ScrapeBenchmark {
    /// Where it is measured.
    let bench: Workbench

    private static let nodes = 20

    /// Figures for each number of series.
    func run() async throws -> [Figure] {
        var figures: [Figure] = []
        for series in [20_000, 100_000, 200_000] {
            figures += try await measure(series)
        }
        return figures
    }

    /// Measures with `series` time series of pods, as Prometheus counts them: two of each pod, one a direction.
    private func measure(_ series: Int) async throws -> [Figure] {
        let classifier = try await ClassifierProcess(on: bench, ledger: "scrape-\(series).db")
        defer { classifier.stop() }
        try fill(classifier, pods: series / 2)
        let connection = try HTTPConnection(port: classifier.port)
        defer { connection.close() }

        // The first scrape renders the labels, which later ones copy.
        let gauge = try classifier.gauge()
        let before = try gauge.seconds()
        let page = try connection.send(.get("/metrics")).accepted()
        let first = try gauge.seconds() - before
        let prefix = Array("netledger_pod_network_".utf8)
        let lines = page.split(separator: UInt8(ascii: "\n")).count { $0.starts(with: prefix) }
        guard lines == series else { throw BenchmarkError("\(series) series were booked, and \(lines) are shown") }

        let scrapes = 20
        var cpu: [Double] = []
        var system: [Double] = []
        for _ in 1...bench.choose(7, quick: 2) {
            let start = try gauge.seconds()
            let systemStart = try gauge.systemSeconds()
            for _ in 0..<scrapes { _ = try connection.send(.get("/metrics")).accepted() }
            cpu.append((try gauge.seconds() - start) / Double(scrapes) * 1000)
            system.append((try gauge.systemSeconds() - systemStart) / Double(scrapes) * 1000)
        }
        let label = "scrape, \(Double(series).shortText) series"
        bench.tell("  \(label): done")
        func figure(_ name: String, _ unit: String, _ samples: [Double], goal: Double? = nil) -> Figure {
            Figure(subject: label, name: name, unit: unit, samples: samples, goal: goal)
        }
        return [
            figure("CPU per scrape", "ms", cpu, goal: series == 100_000 ? 10 : nil),
            figure("of it in the kernel", "ms", system),
            figure("CPU of the first scrape", "ms", [first * 1000]),
            figure("size of a scrape", "MB", [Double(page.count) / 1e6]),
            figure("memory of the classifier", "MB", [try gauge.memory().resident]),
        ]
    }

    /// Books one flow of each pod.
    private func fill(_ classifier: ClassifierProcess, pods: Int) throws {
        let podsPerNode = pods / Self.nodes
        let start = Int64(Date.now.timeIntervalSince1970) - 3600
        let batches = try (0..<Self.nodes)
            .map { node in
                let owners = (0..<podsPerNode).map { Owner.pod(node * podsPerNode + $0, namespaces: 100) }
                var stream = NodeStream(number: node, owners: owners, start: start)
                let flows = owners.indices.map { index in
                    Flow(
                        owner: index,
                        remote: IPAddress(v4: UInt32.publicV4(UInt32(index) << 8)),
                        servicePort: 443,
                        ipProtocol: .tcp,
                        initiator: .pod,
                        counters: FlowCounters(
                            egressBytes: 12_345_678 + UInt64(index),
                            ingressBytes: 987_654_321 + UInt64(index),
                            egressPackets: 100_000,
                            ingressPackets: 700_000
                        )
                    )
                }
                return [try stream.next(flows)]
            }
        _ = try ClosedLoop(Self.nodes, to: classifier).post(batches)
    }
}
