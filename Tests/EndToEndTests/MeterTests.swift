// SPDX-License-Identifier: Apache-2.0
import Capture
import TestSupport
import Testing
import Traffic

/// The kernel meter alone against the packet filter: nothing but the drain lies between them.
@Suite(.serialized, .whereMeteringWorks) struct MeterTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    @Test func everyByteAndPacketIsOnTheRightAccount() async throws {
        var random = SeededRandom()
        try await expectTheWire(TrafficMix.everything(&random), seed: random.seed)
    }

    /// Where a connection begins and ends, packets meet sockets that are not whole: each is a chance to miss one.
    @Test func thousandsOfConnectionsAreCountedToTheLastPacket() async throws {
        var legs: [TrafficLab.Leg] = []
        for (client, server) in [(0, 1), (1, 0)] {
            for form in TrafficExchange.Form.allCases {
                let exchange = TrafficExchange(
                    .tcp(connections: 1000, chunk: 100),
                    form,
                    port: UInt16(6000 + legs.count),
                    requestBytes: 100,
                    replyBytes: 15_000
                )
                legs.append(.init(exchange, client: client, server: server))
            }
        }
        try await expectTheWire(legs, seed: 0)
    }

    private func expectTheWire(_ legs: [TrafficLab.Leg], seed: UInt64) async throws {
        let lab = try TrafficLab(legs)
        defer { lab.remove() }
        let hosts = try Dictionary(uniqueKeysWithValues: lab.sides.enumerated().map { try ($1.group.id(), $0) })
        let meter = try Meter(MeterConfiguration(cgroupRoot: #require(CgroupLab.mountPoint)))
        try await lab.run()
        meter.detach()
        let drain = try meter.drain()
        var metered: [TrafficLab.Account: FlowCounters] = [:]
        for flow in drain.flows {
            guard let host = hosts[flow.cgroupID] else { continue }
            metered[.init(host: host, initiator: flow.initiator), default: .zero] += flow.counters
        }
        let truth = try lab.accounts()
        for account in Set(truth.keys).union(metered.keys) {
            #expect(metered[account] == truth[account], "host \(account.host), \(account.initiator), seed \(seed)")
        }
        // Both hosts in both roles: an empty comparison would prove nothing.
        #expect(truth.count == 4)
        #expect(drain.losses.allSatisfy { $0.counters.isZero })
    }
}
