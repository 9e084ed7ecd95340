// SPDX-License-Identifier: Apache-2.0
import Classification
import TestSupport
import Traffic

extension TrafficModel {
    /// Lists whose blocks lie inside one another, and a part of the world that none of them names.
    static var destinations: Destinations {
        func blocks(_ texts: String...) -> [CIDR] { texts.compactMap { CIDR($0) } }
        return Destinations(
            directClassification: [
                .init(region: "r1", zone: "a", blocks: blocks("10.1.0.0/16", "2001:db8:1::/48")),
                .init(region: "r1", zone: "b", blocks: blocks("10.1.2.0/24")),
                .init(region: "r2", zone: "a", blocks: blocks("10.1.2.4/32")),
            ],
            internet: blocks("10.2.0.0/16"),
            inZone: blocks("10.2.2.0/24", "10.3.0.0/16"),
            inRegion: blocks("10.3.2.0/24", "10.4.0.0/15"),
            crossRegion: blocks("10.0.0.0/13", "fd00::/8")
        )
    }

    /// Addresses inside and outside of every block of ``destinations``.
    static func randomRemote(_ random: inout SeededRandom) -> String {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: "8.8.\(Int.random(in: 0...1, using: &random)).8"
        case 1: "127.0.0.\(Int.random(in: 1...2, using: &random))"
        case 2: "2001:db8:1::\(Int.random(in: 1...2, using: &random))"
        case 3: ["fd00::1", "fc00::1", "2600::1"].randomElement(using: &random) ?? ""
        default:
            "10.\(Int.random(in: 0...9, using: &random)).\(Int.random(in: 1...2, using: &random))"
                + ".\(Int.random(in: 3...4, using: &random))"
        }
    }

    /// A batch whose names repeat from batch to batch and hold what CSV and JSON must quote.
    static func randomBatch(
        node: String,
        sequence: UInt64,
        startNanoseconds: Int64,
        _ random: inout SeededRandom
    ) -> FlowBatch {
        let place =
            [("r1", "a"), ("r1", "b"), ("r2", "a"), ("", ""), ("r1", "")].randomElement(using: &random) ?? ("", "")
        let owners = (0..<Int.random(in: 1...4, using: &random)).map { _ in randomOwner(&random) }
        let flows = (0..<Int.random(in: 0...12, using: &random))
            .map { _ in
                Flow.to(
                    randomRemote(&random),
                    owner: Int.random(in: owners.indices, using: &random),
                    initiator: Initiator.allCases.randomElement(using: &random) ?? .unknown,
                    viaLoopback: Int.random(in: 0..<8, using: &random) == 0,
                    egress: randomBytes(&random),
                    ingress: randomBytes(&random)
                )
            }
        let reasons = ["map_full", "no_socket", "truncated"].shuffled(using: &random)
        let losses = reasons.prefix(Int.random(in: 0...2, using: &random))
            .map {
                Loss(reason: $0, counters: FlowCounters(egressBytes: randomBytes(&random), egressPackets: 1))
            }
        return FlowBatch(
            source: BatchSource(cluster: ["c1", "c2"][node.utf8.count % 2], node: node, bootID: 5),
            sequence: sequence,
            interval: Interval(start: startNanoseconds, end: startNanoseconds + 5_000_000_000),
            region: place.0,
            zone: place.1,
            owners: owners,
            flows: flows,
            losses: losses
        )
    }

    private static func randomOwner(_ random: inout SeededRandom) -> Owner {
        let name = ["web", "db, main", "say \"hi\"", "größe", "back\\slash"].randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return Owner(kind: .unattributed, cgroupID: 0, namespace: "ignored", pod: "cgroup-gone", podUID: "x")
        case 1: return Owner(kind: .pod, cgroupID: 2, namespace: "shop", pod: name, podUID: "uid-\(name.utf8.count)")
        default: return Owner(kind: .unit, cgroupID: 3, namespace: "system.slice", pod: name)
        }
    }

    private static func randomBytes(_ random: inout SeededRandom) -> UInt64 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: 0
        // Sums of these stay below 2^53, where a Prometheus value, a double, is still exact.
        case 1: UInt64.random(in: 0...(1 << 42), using: &random)
        default: UInt64.random(in: 1...10_000, using: &random)
        }
    }
}
