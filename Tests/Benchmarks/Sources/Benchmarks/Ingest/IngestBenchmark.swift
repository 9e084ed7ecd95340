// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments

/// What a flow record costs the classifier, from the first byte of its request to its durable commit.
struct IngestBenchmark {
    /// Where it is measured.
    let bench: Workbench

    private static let goal = 1.0

    /// Figures for each number of prefixes and each shape of fleet.
    func run() async throws -> [Figure] {
        let shapes = [
            Fleet.Shape(nodes: 100, pods: 200, records: 2000),
            Fleet.Shape(nodes: 4, pods: 200, records: 10_000),
        ]
        var figures: [Figure] = []
        for shape in shapes {
            for prefixes in [0, 200, 20_000] {
                figures += try await measure(shape, prefixes: prefixes)
            }
        }
        return figures
    }

    private func measure(_ shape: Fleet.Shape, prefixes: Int) async throws -> [Figure] {
        let label = "ingest, \(prefixes) prefixes, \(shape.nodes) nodes x \(shape.records) records"
        let config = bench.file("ingest-\(prefixes)-\(shape.nodes).yaml")
        // Without prefixes the classifier sees the addresses that it would see with 200.
        let plan = PrefixPlan(count: max(200, prefixes))
        if prefixes > 0 { try plan.write(to: config) }
        let classifier = try await ClassifierProcess(
            on: bench,
            ledger: "ingest-\(prefixes)-\(shape.nodes).db",
            prefixes > 0 ? ["--config", config] : []
        )
        defer { classifier.stop() }
        let now = Int64(Date.now.timeIntervalSince1970)
        var fleet = Fleet(shape, plan: plan, start: now / 3600 * 3600 - 7200)
        let loop = try ClosedLoop(shape.nodes, to: classifier)

        // The first batches make the series, which later ones only add to.
        bench.tell("  \(label): first batches")
        let before = try Sample(classifier)
        let warmUp = bench.choose(5, quick: 2)
        _ = try loop.post(try fleet.batches(warmUp))
        let first = try Sample(classifier).since(before, records: warmUp * shape.nodes * shape.records)

        let rounds = bench.choose(1_000_000, quick: 200_000) / shape.nodes / shape.records
        var runs: [Sample.Difference] = []
        var milliseconds: [Double] = []
        for run in 1...bench.choose(5, quick: 2) {
            let batches = try fleet.batches(rounds)
            let start = try Sample(classifier)
            milliseconds += try loop.post(batches)
            runs.append(try Sample(classifier).since(start, records: rounds * shape.nodes * shape.records))
            bench.tell("  \(label): run \(run), \(runs[run - 1].cpuPerMillion.shortText) CPU-s per million records")
        }
        let goal = prefixes == 200 ? Self.goal : nil
        let memory = try classifier.gauge().memory()
        let series = try classifier.metric("netledger_classifier_ledger_series")
        func figure(_ name: String, _ unit: String, _ samples: [Double], goal: Double? = nil) -> Figure {
            Figure(subject: label, name: name, unit: unit, samples: samples, goal: goal)
        }
        return [
            figure("CPU per million records", "s", runs.map(\.cpuPerMillion), goal: goal),
            figure("of it in the kernel", "s", runs.map(\.systemPerMillion)),
            figure("CPU per million of the first records", "s", [first.cpuPerMillion]),
            figure("records per second", "1/s", runs.map(\.recordsPerSecond)),
            figure("POST to durable answer, p50", "ms", [milliseconds.percentile(50)]),
            figure("POST to durable answer, p99", "ms", [milliseconds.percentile(99)]),
            figure("series, each moved by every batch", "thousands", [series / 1000]),
            figure("ledger rows a record", "", [series / Double(shape.nodes * shape.records)]),
            figure("peak memory of the classifier", "MB", [memory.peak]),
        ]
    }

    /// The classifier's clocks at one moment.
    private struct Sample {
        private let cpu: Double
        private let system: Double
        private let time = ContinuousClock.now

        init(_ classifier: ClassifierProcess) throws {
            let gauge = try classifier.gauge()
            cpu = try gauge.seconds()
            system = try gauge.systemSeconds()
        }

        func since(_ start: Sample, records: Int) -> Difference {
            let millions = Double(records) / 1e6
            return Difference(
                cpuPerMillion: (cpu - start.cpu) / millions,
                systemPerMillion: (system - start.system) / millions,
                recordsPerSecond: Double(records) / ((time - start.time) / .seconds(1))
            )
        }

        /// What passed between two samples.
        struct Difference {
            var cpuPerMillion: Double
            var systemPerMillion: Double
            var recordsPerSecond: Double
        }
    }
}

extension [Double] {
    /// The value that `percent` of the elements do not exceed.
    fileprivate func percentile(_ percent: Double) -> Double {
        let sorted = sorted()
        let rank = (percent / 100 * Double(count)).rounded(.up)
        return sorted.isEmpty ? .nan : sorted[Swift.min(count, Swift.max(1, Int(rank))) - 1]
    }
}
