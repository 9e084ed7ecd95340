// SPDX-License-Identifier: Apache-2.0
import Foundation
import Instruments
import TestSupport
import Traffic

/// Nodes that all post batches of the same size, each with a token of its own.
struct Fleet: Sendable {
    /// How many nodes, and how large their batches are.
    struct Shape: Sendable {
        /// Nodes.
        var nodes: Int
        /// Pods on each.
        var pods: Int
        /// Flow records in each batch; a multiple of the pods.
        var records: Int
        /// Addresses that stand together: the replicas of a service, or those that call one.
        var peers = 4
        /// Seconds of an interval.
        var interval: Int64 = 5

        /// What it is called in a report.
        var label: String {
            "\(nodes) nodes x \(records) records"
        }
    }

    /// The nodes.
    var nodes: [SteadyNode] = []
    private let shape: Shape

    /// A fleet whose first interval starts at `start`, in seconds since 1970-01-01T00:00:00Z.
    init(_ shape: Shape, plan: PrefixPlan, start: Int64) throws {
        self.shape = shape
        let world = FlowMix.World(shape, plan: plan)
        for node in 0..<shape.nodes {
            let owners = (0..<shape.pods).map { Owner.pod(node * shape.pods + $0, namespaces: 100) }
            nodes.append(
                try SteadyNode(
                    number: node,
                    owners: owners,
                    flows: FlowMix(node: node, shape: shape, world: world).flows,
                    start: start,
                    step: shape.interval,
                    token: Self.token(node)
                )
            )
        }
    }

    /// The next `count` batches of each node.
    mutating func batches(_ count: Int) -> [[HTTPRequest]] {
        nodes.indices.map { node in (0..<count).map { _ in nodes[node].next() } }
    }

    /// Everything that the nodes have made batches of.
    var sum: FlowCounters {
        var sum = FlowCounters.zero
        for node in nodes { for _ in 0..<node.batches { sum += node.counters } }
        return sum
    }

    /// Writes the access file that lets every node report, each for itself, and lets everybody read.
    func writeAccess(to path: String) throws {
        var text = "readers: anyone\nagents:\n"
        for node in nodes.indices {
            text += "  - token: \(Self.token(node))\n    nodes: [\(SteadyNode.name(node))]\n"
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    /// As long as the tokens that people make.
    private static func token(_ node: Int) -> String {
        var random = SeededRandom(seed: UInt64(node) + 7)
        return (0..<4).map { _ in String(random.next() | 1 << 63, radix: 16) }.joined()
    }
}
