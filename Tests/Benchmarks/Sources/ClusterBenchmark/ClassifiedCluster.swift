// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import TestSupport
import Traffic
import Wire

/// A whole classifier that follows the cluster and books what agents of its nodes send.
struct ClassifiedCluster {
    /// Flows of a batch.
    private static let flows = 100

    let plan: ClusterPlan
    let kubeconfig: String
    /// Where the ledger is written.
    let folder: String

    /// Starts the classifier, waits until it knows the cluster, sends batches while objects change, and says what that
    /// cost the classifier's process.
    func measure() async throws -> [Figure] {
        let program = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
        let started = ContinuousClock.now
        let child = try ChildProcess(
            [
                program + "/netledger-classifier", "--listen", "127.0.0.1:0", "--database", folder + "/ledger.db",
                "--kubernetes", kubeconfig, "--kubernetes-cluster", "bench",
            ],
            outputPath: folder + "/classifier.log"
        )
        defer { child.kill() }
        let line = try await child.waitForLine(containing: "listen=", within: .seconds(60))
        let digits = line.split(separator: "listen=").last?.drop { $0 != ":" }.dropFirst().prefix { $0.isNumber }
        guard let port = digits.flatMap({ UInt16($0) }) else { throw BenchmarkError("no port in: \(line)") }
        let connection = try HTTPConnection(port: port)
        defer { connection.close() }
        let gauge = try ProcessGauge(processID: child.processID)
        let atStart = try gauge.memory()
        while try metric("netledger_inventory_synced", connection) < 1 {
            guard ContinuousClock.now - started < .seconds(600) else { throw BenchmarkError("it is not ready") }
            try await Task.sleep(for: .milliseconds(50))
        }
        let ready = (ContinuousClock.now - started) / .seconds(1)
        let (atReady, readySeconds) = (try gauge.memory(), try gauge.seconds())
        let changesAtReady = try metric("netledger_inventory_changes_total", connection)
        let sent = try await send(to: port)
        let (atEnd, endSeconds) = (try gauge.memory(), try gauge.seconds())
        let changes = try metric("netledger_inventory_changes_total", connection) - changesAtReady
        guard try metric("netledger_unattributed_bytes_total", connection) == 0 else {
            throw BenchmarkError("not all bytes found their pods")
        }
        let subject = "\(plan.pods) pods and \(plan.nodes) nodes in a classifier"
        func figure(_ name: String, _ unit: String, _ value: Double) -> Figure {
            Figure(subject: subject, name: name, unit: unit, samples: [value], goal: nil)
        }
        let milliseconds = sent.sorted()
        return [
            figure("time to ready", "s", ready),
            figure("processor time to ready", "s", readySeconds),
            figure("resident memory at start", "MB", atStart.resident),
            figure("resident memory when ready", "MB", atReady.resident),
            figure("own memory when ready, less that at start", "MB", atReady.own - atStart.own),
            figure("peak of resident memory until ready", "MB", atReady.peak),
            figure("own memory at the end", "MB", atEnd.own),
            figure("changes a second", "", changes / Double(plan.seconds)),
            figure("records a second", "", Double(sent.count * Self.flows) / Double(plan.seconds)),
            figure("median answer to a batch", "ms", milliseconds[milliseconds.count / 2]),
            figure("slowest answer", "ms", milliseconds.last ?? 0),
            figure("share of a core meanwhile", "%", (endSeconds - readySeconds) / Double(plan.seconds) * 100),
        ]
    }

    /// Sends batches of one node after the other at an even pace; the time to each answer, in milliseconds.
    ///
    /// An answer waits for a commit, which others share: each of many connections sends one batch a second.
    private func send(to port: UInt16) async throws -> [Double] {
        let start = ContinuousClock.now
        return try await withThrowingTaskGroup { group in
            for lane in 0..<plan.batches {
                group.addTask { try await self.send(lane, from: start, to: port) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func send(_ lane: Int, from start: ContinuousClock.Instant, to port: UInt16) async throws -> [Double] {
        try await withCheckedThrowingContinuation { continuation in
            // A connection blocks its thread.
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let connection = try HTTPConnection(port: port)
                        defer { connection.close() }
                        return try (0..<plan.seconds)
                            .map { second in
                                let number = second * plan.batches + lane
                                let due = start + .seconds(1) * number / plan.batches
                                Thread.sleep(forTimeInterval: max(0, (due - ContinuousClock.now) / .seconds(1)))
                                let request = HTTPRequest.flows(try batch(number).encoded())
                                let sent = ContinuousClock.now
                                _ = try connection.send(request).accepted()
                                return (ContinuousClock.now - sent) / .milliseconds(1)
                            }
                    }
                )
            }
        }
    }

    /// What pods of a node exchanged with others anywhere, in the last five seconds.
    private func batch(_ number: Int) -> FlowBatch {
        let node = number % plan.nodes
        let own = Array(stride(from: node, to: plan.pods, by: plan.nodes))
        let now = Int64(Date.now.timeIntervalSince1970 * 1e9)
        return FlowBatch(
            source: BatchSource(cluster: "bench", node: "node-\(node)", bootID: 7),
            sequence: UInt64(number / plan.nodes + 1),
            interval: Interval(start: now - 5_000_000_000, end: now),
            owners: own.map { pod in
                let uid = ServedCluster.uid(pod)
                return Owner(kind: .pod, cgroupID: UInt64(pod), namespace: "", pod: uid, podUID: uid)
            },
            flows: (0..<Self.flows)
                .map { flow in
                    Flow(
                        owner: flow % own.count,
                        // A large step, so that peers are anywhere.
                        remote: ServedCluster.address((node + flow * 7919 + number * 104_729) % plan.pods),
                        servicePort: 8080,
                        ipProtocol: .tcp,
                        initiator: flow % 2 == 0 ? .pod : .remote,
                        counters: FlowCounters(
                            egressBytes: 1000,
                            ingressBytes: 500,
                            egressPackets: 2,
                            ingressPackets: 1
                        )
                    )
                }
        )
    }

    /// The sum of a metric's samples.
    private func metric(_ name: String, _ connection: HTTPConnection) throws -> Double {
        let text = String(decoding: try connection.send(.get("/metrics")).accepted(), as: UTF8.self)
        return text.split(separator: "\n")
            .filter { $0.hasPrefix(name + " ") || $0.hasPrefix(name + "{") }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
            .reduce(0, +)
    }
}
