// SPDX-License-Identifier: Apache-2.0
import Instruments
import Traffic

/// Nodes that all post batches of the same size.
struct Fleet {
    /// How many nodes, and how large their batches are.
    struct Shape {
        /// Nodes.
        var nodes: Int
        /// Pods on each.
        var pods: Int
        /// Flow records in each batch; a multiple of the pods.
        var records: Int
    }

    private let shape: Shape
    private var streams: [NodeStream] = []
    private var mixes: [FlowMix] = []

    /// A fleet whose first interval starts at `start`, in seconds since 1970-01-01T00:00:00Z.
    init(_ shape: Shape, plan: PrefixPlan, start: Int64) {
        self.shape = shape
        for node in 0..<shape.nodes {
            let owners = (0..<shape.pods).map { Owner.pod(node * shape.pods + $0, namespaces: 100) }
            streams.append(NodeStream(number: node, owners: owners, start: start))
            mixes.append(FlowMix(node: node, shape: shape, plan: plan))
        }
    }

    /// The next `count` batches of each node.
    mutating func batches(_ count: Int) throws -> [[HTTPRequest]] {
        var all: [[HTTPRequest]] = []
        for node in streams.indices {
            var requests: [HTTPRequest] = []
            for _ in 0..<count {
                requests.append(try streams[node].next(mixes[node].next()))
            }
            all.append(requests)
        }
        return all
    }
}
