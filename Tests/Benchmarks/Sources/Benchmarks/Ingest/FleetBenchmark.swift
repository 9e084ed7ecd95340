// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments

/// What a large fleet at its usual pace takes: processor time, memory, and the time to a durable answer.
struct FleetBenchmark {
    /// Where it is measured.
    let bench: Workbench

    /// Figures for 200 prefixes.
    func run() async throws -> [Figure] {
        let shape = Fleet.Shape(
            nodes: bench.choose(5000, quick: 500),
            pods: 25,
            records: 2000,
            peers: 10,
            interval: 10
        )
        let label = "fleet, 200 prefixes, \(shape.label) every \(shape.interval) s"
        bench.tell("  \(label): making batches")
        let plan = PrefixPlan(count: 200)
        let now = Int64(Date.now.timeIntervalSince1970)
        var fleet = try Fleet(shape, plan: plan, start: now / 3600 * 3600 - 7200)
        let classifier = try await ClassifierProcess(on: bench, for: fleet, plan: plan)
        defer { classifier.stop() }
        let idle = try classifier.gauge().memory()
        let loop = PacedLoop(to: classifier)
        let records = shape.nodes * shape.records

        bench.tell("  \(label): first batches")
        let before = try ClassifierSample(classifier)
        // The series are made at a third of the pace, as when agents are rolled out.
        _ = try loop.post(&fleet.nodes, .init(interval: Double(shape.interval) * 3, rounds: 1))
        let first = try ClassifierSample(classifier).since(before, records: records)
        var runs: [ClassifierSample.Cost] = []
        var outcomes: [PacedLoop.Outcome] = []
        for run in 1...bench.choose(3, quick: 1) {
            let rounds = 2
            let start = try ClassifierSample(classifier)
            outcomes.append(try loop.post(&fleet.nodes, .init(interval: Double(shape.interval), rounds: rounds)))
            runs.append(try ClassifierSample(classifier).since(start, records: records * rounds))
            bench.tell("  \(label): run \(run), \(runs[run - 1].cpuPerMillion.shortText) CPU-s per million records")
        }
        bench.tell("  \(label): at half the pace")
        let calmStart = try ClassifierSample(classifier)
        let calm = try loop.post(&fleet.nodes, .init(interval: Double(shape.interval) * 2, rounds: 1))
        let calmCost = try ClassifierSample(classifier).since(calmStart, records: records)
        let memory = try classifier.gauge().memory()
        let series = try classifier.check(holds: fleet.sum)
        func figure(_ name: String, _ unit: String, _ samples: [Double], goal: Double? = nil) -> Figure {
            Figure(subject: label, name: name, unit: unit, samples: samples, goal: goal)
        }
        return [
            figure("cores", "", runs.map(\.cores), goal: 1),
            figure("CPU per million records", "s", runs.map(\.cpuPerMillion), goal: 1),
            figure("of it in the kernel", "s", runs.map(\.systemPerMillion)),
            figure("CPU per million of the first records", "s", [first.cpuPerMillion]),
            figure("records per second", "1/s", runs.map(\.recordsPerSecond)),
            figure("POST to durable answer, p99", "ms", outcomes.map { $0.answered.percentile(99) }, goal: 1000),
            figure("due to booked, p50", "ms", outcomes.map { $0.milliseconds.percentile(50) }),
            figure("due to booked, p99", "ms", outcomes.map { $0.milliseconds.percentile(99) }),
            figure("refused requests", "%", outcomes.map(\.refusedPercent)),
            figure("cores at half the pace", "", [calmCost.cores]),
            figure("POST to durable answer at half the pace, p99", "ms", [calm.answered.percentile(99)], goal: 1000),
            figure("refused requests at half the pace", "%", [calm.refusedPercent]),
            figure("series, each moved by every batch", "thousands", [series / 1000]),
            figure("ledger rows a record", "", [series / Double(records)]),
            figure("peak memory of the classifier", "MB", [memory.peak], goal: 300),
            figure("its own memory at the end", "MB", [memory.own]),
            figure("its own memory for a series", "bytes", [(memory.own - idle.own) * 1e6 / series]),
        ]
    }
}

extension PacedLoop.Outcome {
    /// The part of the requests that were refused, in percent.
    var refusedPercent: Double {
        Double(refusals.values.reduce(0, +)) / Double(max(1, requests)) * 100
    }
}
