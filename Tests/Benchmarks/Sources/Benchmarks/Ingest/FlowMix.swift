// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Traffic

/// Flows as the nodes of a busy cluster send them, the same in every run.
///
/// A node talks with 1,000 addresses, three of four IPv4: half of them in the operator's lists, a quarter private
/// and in no list, a quarter public.
struct FlowMix: Sendable {
    private static let ports: [UInt16] = [53, 80, 443, 443, 443, 5432, 6379, 8080, 9090, 9092]
    private static let initiators: [Initiator] =
        Array(repeating: .pod, count: 6) + Array(repeating: .remote, count: 3) + [.unknown]

    private var random: SeededRandom
    private let addresses: [IPAddress]

    /// The mix of one node, whose remote addresses are partly in `plan`.
    init(node: Int, plan: PrefixPlan) {
        var random = SeededRandom(seed: UInt64(node) + 100)
        addresses = (0..<1000).map { Self.address($0, plan: plan, &random) }
        self.random = random
    }

    private static func address(_ index: Int, plan: PrefixPlan, _ random: inout SeededRandom) -> IPAddress {
        if index % 2 == 0 { return plan.address(&random) }
        let isPrivate = index % 4 == 1
        let number = UInt32.random(in: .min ... .max, using: &random)
        if index % 8 < 6 {
            // 172.16.0.0/12 is in no list.
            return IPAddress(v4: isPrivate ? 172 << 24 | 16 << 16 | number >> 12 : IPAddress.publicV4(number))
        }
        let host = UInt128(random.next())
        return IPAddress(bits: (isPrivate ? 0xfc : 0x2a) << 120 | UInt128(number) << 80 | host)
    }

    /// The flows of one interval, spread over `owners` owners.
    mutating func flows(_ count: Int, owners: Int) -> [Flow] {
        (0..<count).map { _ in flow(owners: owners) }
    }

    private mutating func flow(owners: Int) -> Flow {
        // Most flows are small, and a few carry most bytes.
        let egress = random.next() >> UInt64.random(in: 34...56, using: &random)
        let ingress = random.next() >> UInt64.random(in: 34...56, using: &random)
        let isDatagram = Int.random(in: 0..<10, using: &random) == 0
        return Flow(
            owner: .random(in: 0..<owners, using: &random),
            remote: addresses[.random(in: addresses.indices, using: &random)],
            servicePort: Self.ports[.random(in: Self.ports.indices, using: &random)],
            ipProtocol: isDatagram ? .udp : .tcp,
            initiator: Self.initiators[.random(in: Self.initiators.indices, using: &random)],
            counters: FlowCounters(
                egressBytes: 52 + egress,
                ingressBytes: 52 + ingress,
                egressPackets: 1 + egress / 1000,
                ingressPackets: 1 + ingress / 1000
            )
        )
    }
}
