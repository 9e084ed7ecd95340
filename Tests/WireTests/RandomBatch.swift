// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Traffic

extension FlowBatch {
    /// A batch with every field set to something, and edges more often than chance would have them.
    static func random(using random: inout SeededRandom, flows count: Int) -> FlowBatch {
        let owners = (0..<Int.random(in: 1...8, using: &random)).map { _ in Owner.random(using: &random) }
        let start = Int64.random(in: 946_684_800_000_000_000...4_000_000_000_000_000_000, using: &random)
        return FlowBatch(
            source: BatchSource(
                cluster: .random(1...253, using: &random),
                node: .random(1...253, using: &random),
                bootID: .random(in: .min ... .max, using: &random)
            ),
            sequence: .random(in: 1..<1 << 56, using: &random),
            interval: Interval(start: start, end: start + .random(in: 1...60_000_000_000, using: &random)),
            region: .random(0...20, using: &random),
            zone: .random(0...20, using: &random),
            owners: owners,
            flows: (0..<count).map { _ in Flow.random(owners: owners.count, using: &random) },
            losses: (0..<Int.random(in: 0...3, using: &random))
                .map {
                    Loss(reason: "reason_\($0)", counters: .random(using: &random))
                },
            maps: (0..<Int.random(in: 0...3, using: &random))
                .map {
                    MapUse(name: "map \($0)", entries: .edge(using: &random), capacity: .edge(using: &random))
                }
        )
    }

    /// The batch as its reader sees it: flows with IPv4 peers first, otherwise in the same order.
    var inWireOrder: FlowBatch {
        var copy = self
        copy.flows = flows.filter(\.remote.isIPv4) + flows.filter { !$0.remote.isIPv4 }
        return copy
    }
}

extension Owner {
    static func random(using random: inout SeededRandom) -> Owner {
        Owner(
            kind: Kind.allCases.randomElement(using: &random) ?? .pod,
            cgroupID: .random(in: .min ... .max, using: &random),
            namespace: .random(0...40, using: &random),
            pod: .random(1...1024, using: &random),
            podUID: .random(0...36, using: &random),
            containerID: .random(0...64, using: &random),
            cgroupPath: .random(0...4096, using: &random)
        )
    }
}

extension Flow {
    static func random(owners: Int, using random: inout SeededRandom) -> Flow {
        Flow(
            owner: .random(in: 0..<owners, using: &random),
            remote: Bool.random(using: &random)
                ? IPAddress(v4: .random(in: .min ... .max, using: &random))
                : IPAddress(bits: .random(in: .min ... .max, using: &random)),
            servicePort: .random(in: .min ... .max, using: &random),
            ipProtocol: IPProtocol(rawValue: .random(in: .min ... .max, using: &random)),
            initiator: Initiator.allCases.randomElement(using: &random) ?? .unknown,
            viaLoopback: .random(using: &random),
            service: ServiceResolution.allCases.randomElement(using: &random) ?? .none,
            counters: .random(using: &random)
        )
    }
}

extension FlowCounters {
    static func random(using random: inout SeededRandom) -> FlowCounters {
        FlowCounters(
            egressBytes: .edge(using: &random),
            ingressBytes: .edge(using: &random),
            egressPackets: .edge(using: &random),
            ingressPackets: .edge(using: &random)
        )
    }
}

extension UInt64 {
    /// A number of a random length in bits, at most 44, so that a thousand of them stay below 2^56.
    fileprivate static func edge(using random: inout SeededRandom) -> UInt64 {
        let bits = UInt64.random(in: 0...44, using: &random)
        return .random(in: 0...(1 << bits) - 1, using: &random)
    }
}

extension String {
    /// Printable text of one to four bytes a character, with a length in bytes within `bytes`.
    fileprivate static func random(_ bytes: ClosedRange<Int>, using random: inout SeededRandom) -> String {
        let alphabet = ["a", "Z", "0", "-", "/", " ", "\\", "\"", "é", "ß", "統", "🦆"]
        let length = Int.random(in: bytes, using: &random)
        var text = ""
        while text.utf8.count < length {
            let next = alphabet.randomElement(using: &random) ?? "a"
            text += text.utf8.count + next.utf8.count > length ? "a" : next
        }
        return text
    }
}
