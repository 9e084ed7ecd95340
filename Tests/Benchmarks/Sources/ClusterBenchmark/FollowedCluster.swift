// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import Kubernetes
import Synchronization

/// The client side of the benchmark.
struct FollowedCluster {
    /// What the followers told so far.
    private struct Told {
        var pods: [String: Pod] = [:]
        var listed = 0
        var changes = 0
    }

    private final class Counter: Sendable {
        private let told = Mutex(Told())
        private let keeps: Bool

        init(keeps: Bool) {
            self.keeps = keeps
        }

        var changes: Int { told.withLock(\.changes) }
        var listed: Int { told.withLock(\.listed) }

        func take<Object: ClusterObject>(_ changes: [Change<Object>]) {
            told.withLock { told in
                for change in changes {
                    switch change {
                    case .listing: break
                    case .listed: told.listed += 1
                    case .put(let object):
                        told.changes += 1
                        if keeps, let pod = object as? Pod { told.pods[pod.metadata.uid] = pod }
                    case .delete(let object):
                        told.changes += 1
                        told.pods[object.metadata.uid] = nil
                    }
                }
            }
        }
    }

    let plan: ClusterPlan
    let kubeconfig: String

    /// Lists everything, follows the changes for a while, and says what that cost this process.
    func measure() async throws -> [Figure] {
        var limits = FollowLimits()
        limits.usesStreamingLists = !plan.usesPages
        let client = ClusterClient(try .kubeconfig(path: kubeconfig), limits: limits)
        let counter = Counter(keeps: plan.keepsObjects)
        let gauge = try ProcessGauge(processID: getpid())
        let before = try gauge.memory()
        let started = ContinuousClock.now
        let pods = client.follower(of: Pod.self)
        let nodes = client.follower(of: Node.self)
        let following = Task {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await pods.run { counter.take($0) } }
                group.addTask { await nodes.run { counter.take($0) } }
            }
        }
        while counter.listed < 2 {
            if let failure = pods.status.failure { throw BenchmarkError(failure.message) }
            try await Task.sleep(for: .milliseconds(20))
        }
        let ready = ContinuousClock.now - started
        let readySeconds = try gauge.seconds()
        let atReady = try gauge.memory()
        let changesAtReady = counter.changes
        try await Task.sleep(for: .seconds(plan.seconds))
        let followed = try gauge.seconds() - readySeconds
        let changes = counter.changes - changesAtReady
        let atEnd = try gauge.memory()
        following.cancel()
        await following.value
        try await client.shutdown()
        guard changesAtReady >= plan.pods + plan.nodes, pods.status.rejected == 0 else {
            throw BenchmarkError("\(changesAtReady) objects were listed, not \(plan.pods + plan.nodes)")
        }
        let subject =
            "\(plan.pods) pods and \(plan.nodes) nodes \(plan.usesPages ? "in pages" : "as streams"), "
            + (plan.keepsObjects ? "kept" : "counted")
        func figure(_ name: String, _ unit: String, _ value: Double) -> Figure {
            Figure(subject: subject, name: name, unit: unit, samples: [value], goal: nil)
        }
        let elapsed = Double(ready.components.seconds) + Double(ready.components.attoseconds) * 1e-18
        return [
            figure("time to ready", "s", elapsed),
            figure("processor time to ready", "s", readySeconds),
            figure("resident memory at start", "MB", before.resident),
            figure("resident memory when ready", "MB", atReady.resident),
            figure("peak of resident memory", "MB", atEnd.peak),
            figure("own memory at the end", "MB", atEnd.own),
            figure("changes a second", "", Double(changes) / Double(plan.seconds)),
            figure("processor time a change", "us", changes > 0 ? followed / Double(changes) * 1e6 : 0),
            figure("share of a core while following", "%", followed / Double(plan.seconds) * 100),
        ]
    }
}
