// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Traffic

/// Flows as the pods of a busy node have them, the same in every run.
///
/// The node talks with 250 groups of four peers: the replicas of a service, or those that call one. Three of four
/// groups are IPv4; half are in the operator's lists, a quarter private and in no list, a quarter public. Every pod
/// has groups of its own among them, and moves bytes with each of their peers in every interval.
struct FlowMix: Sendable {
    private static let peers = 4
    private static let ports: [UInt16] = [53, 80, 443, 443, 443, 5432, 6379, 8080, 9090, 9092]

    private var random: SeededRandom
    /// The flows, without bytes.
    private let keys: [Flow]

    /// The mix of one node, whose remote addresses are partly in `plan`.
    init(node: Int, shape: Fleet.Shape, plan: PrefixPlan) {
        var random = SeededRandom(seed: UInt64(node) + 100)
        let groups = (0..<250).map { Self.group($0, plan: plan, &random) }
        var keys: [Flow] = []
        for pod in 0..<shape.pods {
            let flows = groups.shuffled(using: &random).flatMap { Self.flows(of: pod, with: $0, &random) }
            keys += flows.prefix(shape.records / shape.pods)
        }
        self.keys = keys
        self.random = random
    }

    /// Addresses that stand together.
    private static func group(_ index: Int, plan: PrefixPlan, _ random: inout SeededRandom) -> [IPAddress] {
        if index % 2 == 0 {
            let prefix = plan.prefixes[.random(in: plan.prefixes.indices, using: &random)]
            return (0..<peers).map { _ in prefix.address(&random) }
        }
        let isPrivate = index % 4 == 1
        let number = UInt32.random(in: .min ... .max, using: &random) & ~0xff
        return (0..<peers)
            .map { peer in
                if index % 8 < 6 {
                    // 172.16.0.0/12 is in no list.
                    let base = isPrivate ? 172 << 24 | 16 << 16 | (number >> 12 & ~0xff) : IPAddress.publicV4(number)
                    return IPAddress(v4: base + UInt32(peer))
                }
                return IPAddress(bits: (isPrivate ? 0xfc : 0x2a) << 120 | UInt128(number) << 80 | UInt128(peer + 1))
            }
    }

    private static func flows(of pod: Int, with group: [IPAddress], _ random: inout SeededRandom) -> [Flow] {
        let dice = Int.random(in: 0..<20, using: &random)
        let port = ports[.random(in: ports.indices, using: &random)]
        return group.map { remote in
            Flow(
                owner: pod,
                remote: remote,
                servicePort: port,
                ipProtocol: dice % 10 == 0 ? .udp : .tcp,
                initiator: dice == 0 ? .unknown : dice < 8 ? .remote : .pod,
                counters: .zero
            )
        }
    }

    /// The flows of the next interval.
    mutating func next() -> [Flow] {
        var flows = keys
        for index in flows.indices { flows[index].counters = counters() }
        return flows
    }

    /// Most flows are small, and a few carry most bytes.
    private mutating func counters() -> FlowCounters {
        let egress = random.next() >> UInt64.random(in: 34...56, using: &random)
        let ingress = random.next() >> UInt64.random(in: 34...56, using: &random)
        return FlowCounters(
            egressBytes: 52 + egress,
            ingressBytes: 52 + ingress,
            egressPackets: 1 + egress / 1000,
            ingressPackets: 1 + ingress / 1000
        )
    }
}
