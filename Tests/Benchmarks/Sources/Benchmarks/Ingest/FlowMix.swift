// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Traffic

/// Flows as the pods of a busy node have them, the same in every run.
///
/// A node talks with 1,000 addresses in groups: the replicas of a service, or those that call one. Three of four groups
/// are IPv4. Half of them are in the operator's lists and a quarter is private and in no list: these are of the fleet's own
/// pods, as many as it has, and all nodes share them. A quarter is public, and each node's own. Every pod has groups of its
/// own among those of its node, and moves bytes with each of their addresses in every interval.
struct FlowMix: Sendable {
    /// The groups that all nodes of a fleet talk with.
    struct World: Sendable {
        fileprivate let groups: [[IPAddress]]

        /// As many addresses as the fleet has pods, partly in `plan`.
        init(_ shape: Fleet.Shape, plan: PrefixPlan) {
            var random = SeededRandom(seed: 99)
            groups = (0..<shape.nodes * shape.pods / shape.peers)
                .map { number in
                    let place: Place = number % 3 == 2 ? .privateRange : .lists
                    return FlowMix.group(place, isV4: number / 3 % 4 < 3, shape.peers, plan, &random)
                }
        }
    }

    fileprivate enum Place {
        case lists
        case privateRange
        case publicRange
    }

    private static let addresses = 1000
    private static let ports: [UInt16] = [53, 80, 443, 443, 443, 5432, 6379, 8080, 9090, 9092]

    /// The flows of one interval.
    let flows: [Flow]

    /// The mix of one node.
    init(node: Int, shape: Fleet.Shape, world: World) {
        var random = SeededRandom(seed: UInt64(node) + 100)
        let noPlan = PrefixPlan(count: 0)
        let groups = (0..<Self.addresses / shape.peers)
            .map { number in
                number % 4 == 3
                    ? Self.group(.publicRange, isV4: number / 4 % 4 < 3, shape.peers, noPlan, &random)
                    : world.groups[.random(in: world.groups.indices, using: &random)]
            }
        let count = shape.records / shape.pods
        var flows: [Flow] = []
        flows.reserveCapacity(shape.records)
        for pod in 0..<shape.pods {
            let first = Int.random(in: groups.indices, using: &random)
            // Every seventh group: coprime with their number, so that none comes twice.
            var own: [Flow] = []
            var turn = 0
            while own.count < count {
                own += Self.flows(of: pod, with: groups[(first + turn * 7) % groups.count], &random)
                turn += 1
            }
            flows += own.prefix(count)
        }
        self.flows = flows.shuffled(using: &random)
    }

    /// Addresses that stand together.
    fileprivate static func group(
        _ place: Place,
        isV4: Bool,
        _ count: Int,
        _ plan: PrefixPlan,
        _ random: inout SeededRandom
    ) -> [IPAddress] {
        if place == .lists {
            let prefix = plan.prefixes[.random(in: plan.prefixes.indices, using: &random)]
            return (0..<count).map { _ in prefix.address(&random) }
        }
        let number = UInt32.random(in: .min ... .max, using: &random) & ~0xff
        return (0..<count)
            .map { peer in
                if isV4 {
                    // 172.16.0.0/12 is in no list.
                    let base =
                        place == .privateRange ? 172 << 24 | 16 << 16 | (number >> 12 & ~0xff) : .publicV4(number)
                    return IPAddress(v4: base + UInt32(peer))
                }
                let upper: UInt128 = place == .privateRange ? 0xfc : 0x2a
                return IPAddress(bits: upper << 120 | UInt128(number) << 80 | UInt128(peer + 1))
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
                counters: counters(&random)
            )
        }
    }

    /// Most flows are small, and a few carry most bytes.
    private static func counters(_ random: inout SeededRandom) -> FlowCounters {
        let egress = random.next() >> UInt64.random(in: 38...58, using: &random)
        let ingress = random.next() >> UInt64.random(in: 38...58, using: &random)
        return FlowCounters(
            egressBytes: 52 + egress,
            ingressBytes: 52 + ingress,
            egressPackets: 1 + egress / 1000,
            ingressPackets: 1 + ingress / 1000
        )
    }
}
