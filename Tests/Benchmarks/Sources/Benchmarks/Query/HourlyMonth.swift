// SPDX-License-Identifier: Apache-2.0
import Instruments
import Traffic

/// Traffic of pods that each have eight series, one batch an hour for each node.
struct HourlyMonth {
    /// Addresses that make different series without any configuration: internet, unknown, loopback, multicast.
    private static let remotes = ["20.0.0.1", "10.0.0.1", "127.0.0.1", "224.0.0.251"].compactMap { IPAddress($0) }
    private static let initiators: [Initiator] = [.pod, .remote]
    private static let nodes = 5

    /// Pods; a multiple of the number of nodes.
    var pods: Int
    /// Days of 24 hours.
    var days: Int
    /// First second after the last day, since 1970-01-01T00:00:00Z.
    var end: Int64

    /// First second of the first day.
    var start: Int64 {
        end - Int64(days) * 86_400
    }

    /// Series that every hour has bytes of.
    var series: Int {
        pods * Self.remotes.count * Self.initiators.count
    }

    /// Posts everything.
    ///
    /// - Returns: The egress bytes that were booked.
    func fill(_ classifier: ClassifierProcess, progress: (String) -> Void) throws -> UInt64 {
        let podsPerNode = pods / Self.nodes
        var streams = (0..<Self.nodes)
            .map { node in
                let owners = (0..<podsPerNode).map { Owner.pod(node * podsPerNode + $0, namespaces: 100) }
                return NodeStream(number: node, owners: owners, start: start, step: 3600)
            }
        let loop = try ClosedLoop(Self.nodes, to: classifier)
        var total: UInt64 = 0
        for day in 0..<days {
            var batches: [[HTTPRequest]] = Array(repeating: [], count: Self.nodes)
            for hour in 0..<24 {
                let flows = flows(hour: day * 24 + hour, pods: podsPerNode)
                total += flows.reduce(0) { $0 + $1.counters.egressBytes } * UInt64(Self.nodes)
                for node in streams.indices { batches[node].append(try streams[node].next(flows)) }
            }
            _ = try loop.post(batches)
            if (day + 1).isMultiple(of: 5) { progress("  \(day + 1) of \(days) days filled") }
        }
        return total
    }

    private func flows(hour: Int, pods: Int) -> [Flow] {
        var flows: [Flow] = []
        for pod in 0..<pods {
            for remote in Self.remotes {
                for initiator in Self.initiators {
                    let bytes = UInt64(1_000_000 + hour * 1000 + pod)
                    flows.append(
                        Flow(
                            owner: pod,
                            remote: remote,
                            servicePort: 443,
                            ipProtocol: .tcp,
                            initiator: initiator,
                            counters: FlowCounters(
                                egressBytes: bytes,
                                ingressBytes: bytes * 3,
                                egressPackets: bytes / 1000,
                                ingressPackets: bytes / 500
                            )
                        )
                    )
                }
            }
        }
        return flows
    }
}
