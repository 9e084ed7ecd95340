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
        let label = "ingest, \(prefixes) prefixes, \(shape.label)"
        // Without prefixes the classifier sees the addresses that it would see with 200.
        let plan = PrefixPlan(count: max(200, prefixes))
        let now = Int64(Date.now.timeIntervalSince1970)
        var fleet = try Fleet(shape, plan: plan, start: now / 3600 * 3600 - 7200)
        let classifier = try await ClassifierProcess(on: bench, for: fleet, plan: prefixes > 0 ? plan : nil)
        defer { classifier.stop() }
        let loop = try ClosedLoop(shape.nodes, to: classifier)

        // The first batches make the series, which later ones only add to.
        bench.tell("  \(label): first batches")
        let before = try ClassifierSample(classifier)
        let warmUp = bench.choose(5, quick: 2)
        _ = try loop.post(fleet.batches(warmUp))
        let first = try ClassifierSample(classifier).since(before, records: warmUp * shape.nodes * shape.records)

        let rounds = bench.choose(1_000_000, quick: 200_000) / shape.nodes / shape.records
        var runs: [ClassifierSample.Cost] = []
        var milliseconds: [Double] = []
        for run in 1...bench.choose(5, quick: 2) {
            let batches = fleet.batches(rounds)
            let start = try ClassifierSample(classifier)
            milliseconds += try loop.post(batches)
            runs.append(try ClassifierSample(classifier).since(start, records: rounds * shape.nodes * shape.records))
            bench.tell("  \(label): run \(run), \(runs[run - 1].cpuPerMillion.shortText) CPU-s per million records")
        }
        let goal = prefixes == 200 ? Self.goal : nil
        let memory = try classifier.gauge().memory()
        let series = try classifier.check(holds: fleet.sum)
        func figure(_ name: String, _ unit: String, _ samples: [Double], goal: Double? = nil) -> Figure {
            Figure(subject: label, name: name, unit: unit, samples: samples, goal: goal)
        }
        return [
            figure("CPU per million records", "s", runs.map(\.cpuPerMillion), goal: goal),
            figure("of it in the kernel", "s", runs.map(\.systemPerMillion)),
            figure("CPU per million of the first records", "s", [first.cpuPerMillion]),
            figure("records per second", "1/s", runs.map(\.recordsPerSecond)),
            figure("POST to durable answer, p50", "ms", [milliseconds.percentile(50)]),
            figure("POST to durable answer, p99", "ms", [milliseconds.percentile(99)], goal: goal.map { $0 * 1000 }),
            figure("series, each moved by every batch", "thousands", [series / 1000]),
            figure("ledger rows a record", "", [series / Double(shape.nodes * shape.records)]),
            figure("peak memory of the classifier", "MB", [memory.peak]),
            figure("its own memory at the end", "MB", [memory.own]),
        ]
    }
}
