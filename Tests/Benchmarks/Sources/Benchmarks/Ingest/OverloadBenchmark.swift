// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Instruments
import Synchronization

/// What agents and memory feel when far more comes than the classifier can carry, and when one agent floods it.
struct OverloadBenchmark {
    /// Where it is measured.
    let bench: Workbench

    /// Figures of both.
    func run() async throws -> [Figure] {
        try await tenfold() + flood()
    }

    /// A fleet whose agents all want to send ten times as often as fits, and come back soon after a refusal.
    private func tenfold() async throws -> [Figure] {
        let shape = Fleet.Shape(nodes: bench.choose(1000, quick: 200), pods: 25, records: 2000, peers: 10, interval: 10)
        let label = "overload, \(shape.label)"
        let plan = PrefixPlan(count: 200)
        var fleet = try Fleet(shape, plan: plan, start: Self.start)
        let classifier = try await ClassifierProcess(on: bench, for: fleet, plan: plan)
        defer { classifier.stop() }
        let loop = PacedLoop(to: classifier)
        let records = shape.nodes * shape.records
        bench.tell("  \(label): first batches")
        _ = try loop.post(&fleet.nodes, .init(interval: Double(shape.interval), rounds: 1))

        // What it carries: as fast as few agents are answered, who are never refused.
        var few = Array(fleet.nodes.prefix(50))
        let small = PacedLoop(to: classifier)
        let begin = try ClassifierSample(classifier)
        _ = try small.post(&few, .init(interval: 0, rounds: 10))
        let capacity = try ClassifierSample(classifier).since(begin, records: 10 * few.count * shape.records)
            .recordsPerSecond
        fleet.nodes.replaceSubrange(..<few.count, with: few)
        bench.tell("  \(label): it carries \(capacity.shortText) records a second")

        let calm = try classifier.gauge().memory()
        let watch = try MemoryWatch(classifier)
        let start = try ClassifierSample(classifier)
        let interval = Double(records) / capacity / 10
        let outcome = try loop.post(
            &fleet.nodes,
            .init(interval: interval, rounds: bench.choose(10, quick: 3), patience: interval)
        )
        let booked = fleet.nodes.count * bench.choose(10, quick: 3) * shape.records
        let cost = try ClassifierSample(classifier).since(start, records: booked)
        let samples = watch.end()
        let peak = try classifier.gauge().memory().peak
        _ = try classifier.check(holds: fleet.sum)
        guard !outcome.isWithoutRetryAfter else { throw BenchmarkError("a refusal did not say when to come back") }
        let seconds = Double(booked) / cost.recordsPerSecond
        let third = max(1, samples.count / 3)
        func figure(_ name: String, _ unit: String, _ samples: [Double], goal: Double? = nil) -> Figure {
            Figure(subject: label, name: name, unit: unit, samples: samples, goal: goal)
        }
        return [
            figure("carried when nothing is refused", "records/s", [capacity]),
            figure("wanted by the agents", "records/s", [Double(records) / interval]),
            figure("offered, refusals included", "records/s", [Double(outcome.requests * shape.records) / seconds]),
            figure("booked", "records/s", [cost.recordsPerSecond]),
            figure("refused requests", "%", [outcome.refusedPercent]),
            figure("own memory before", "MB", [calm.own]),
            figure("own memory in the first third", "MB", Array(samples.prefix(third))),
            figure("own memory in the last third", "MB", Array(samples.suffix(third))),
            figure("peak memory", "MB", [peak], goal: 300),
            figure("bytes that are not booked once", "", [0], goal: 0),
        ]
    }

    /// Polite agents, alone and beside one that posts over many connections without a pause.
    private func flood() async throws -> [Figure] {
        let shape = Fleet.Shape(nodes: 51, pods: 25, records: 2000, peers: 10, interval: 1)
        let label = "flood, 50 polite agents and one of 32 connections"
        let plan = PrefixPlan(count: 200)
        let fleet = try Fleet(shape, plan: plan, start: Self.start)
        let classifier = try await ClassifierProcess(on: bench, for: fleet, plan: plan)
        defer { classifier.stop() }
        var polite = Array(fleet.nodes.prefix(50))
        let loop = PacedLoop(to: classifier)
        let pace = PacedLoop.Pace(interval: 1, rounds: bench.choose(20, quick: 5))
        _ = try loop.post(&polite, .init(interval: 1, rounds: 3))
        bench.tell("  \(label): alone")
        let alone = try loop.post(&polite, pace)
        bench.tell("  \(label): beside the flood")
        let flood = try Flood(of: fleet.nodes[50], connections: 32, to: classifier)
        let beside = try loop.post(&polite, pace)
        let posted = try flood.end()
        func figure(_ name: String, _ unit: String, _ value: Double) -> Figure {
            Figure(subject: label, name: name, unit: unit, samples: [value], goal: nil)
        }
        return [
            figure("polite agents alone, p50", "ms", alone.milliseconds.percentile(50)),
            figure("polite agents alone, p99", "ms", alone.milliseconds.percentile(99)),
            figure("beside the flood, p50", "ms", beside.milliseconds.percentile(50)),
            figure("beside the flood, p99", "ms", beside.milliseconds.percentile(99)),
            figure("polite requests refused beside the flood", "%", beside.refusedPercent),
            figure("requests of the flood", "1/s", Double(posted.requests) / posted.seconds),
            figure("of them refused", "%", Double(posted.refused) / Double(max(1, posted.requests)) * 100),
        ]
    }

    /// Two hours ago, by the hour.
    private static var start: Int64 {
        Int64(Date.now.timeIntervalSince1970) / 3600 * 3600 - 7200
    }
}

/// Reads a classifier's own memory ten times a second, in megabytes.
private final class MemoryWatch: Sendable {
    private struct State {
        var samples: [Double] = []
        var isOver = false
    }

    private let state = Mutex(State())
    private let group = DispatchGroup()

    init(_ classifier: ClassifierProcess) throws {
        let gauge = try classifier.gauge()
        group.enter()
        Thread.detachNewThread { [self] in
            while !state.withLock(\.isOver) {
                // A reading that fails is one sample less.
                if let memory = try? gauge.memory() { state.withLock { $0.samples.append(memory.own) } }
                Thread.sleep(forTimeInterval: 0.1)
            }
            group.leave()
        }
    }

    func end() -> [Double] {
        state.withLock { $0.isOver = true }
        group.wait()
        return state.withLock(\.samples)
    }
}

/// One agent that posts its batches over many connections at once and never waits.
private final class Flood: Sendable {
    private struct State {
        var node: SteadyNode
        var requests = 0
        var refused = 0
        var isOver = false
        var failure: BenchmarkError?
    }

    private let state: Mutex<State>
    private let group = DispatchGroup()
    private let begin = ContinuousClock.now

    init(of node: SteadyNode, connections: Int, to classifier: ClassifierProcess) throws {
        state = Mutex(State(node: node))
        for _ in 0..<connections {
            let connection = try HTTPConnection(port: classifier.port)
            group.enter()
            Thread.detachNewThread { [self] in
                defer {
                    connection.close()
                    group.leave()
                }
                while let request = state.withLock({ $0.isOver ? nil : $0.node.next() }) {
                    do throws(BenchmarkError) {
                        let response = try connection.send(request)
                        state.withLock {
                            $0.requests += 1
                            if response.status != 200 { $0.refused += 1 }
                        }
                    } catch {
                        state.withLock { $0.failure = error }
                        return
                    }
                }
            }
        }
    }

    /// Ends it; returns what it posted.
    func end() throws -> (requests: Int, refused: Int, seconds: Double) {
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        state.withLock { $0.isOver = true }
        group.wait()
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return (state.requests, state.refused, seconds)
        }
    }
}
