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

    /// A packet that is lost on its way was sent, and so was its repetition; only one of them was received.
    ///
    /// It also brings packets out of order, so that the last of a connection is not the last to arrive.
    @Test func lostPacketsAreSentAndNotReceived() async throws {
        let exchange = TrafficExchange(
            .tcp(connections: 100, chunk: 100),
            .v4,
            port: 6000,
            requestBytes: 100,
            replyBytes: 300_000
        )
        let lab = try TrafficLab([.init(exchange)])
        defer { lab.remove() }
        try lab.sides[0].host.loseLargePackets(fromPort: exchange.port)
        try lab.sides[1].host.repeatWhatWasLost()
        let metered = try await meter(lab)
        let readings = try lab.readings()
        let (arrived, received) = (readings[0].arrivedV4, readings[0].inputTotal)
        #expect(arrived.packets > received.packets + 100, "too little was lost to prove anything")
        let answered = readings[1].inputTotal
        #expect(
            metered[.init(host: 0, initiator: .pod)]
                == FlowCounters(
                    egressBytes: answered.bytes,
                    ingressBytes: received.bytes,
                    egressPackets: answered.packets,
                    ingressPackets: received.packets
                )
        )
        #expect(
            metered[.init(host: 1, initiator: .remote)]
                == FlowCounters(
                    egressBytes: arrived.bytes,
                    ingressBytes: answered.bytes,
                    egressPackets: arrived.packets,
                    ingressPackets: answered.packets
                )
        )
    }

    private func expectTheWire(_ legs: [TrafficLab.Leg], seed: UInt64) async throws {
        let lab = try TrafficLab(legs)
        defer { lab.remove() }
        let metered = try await meter(lab)
        let truth = try lab.accounts()
        for account in Set(truth.keys).union(metered.keys) {
            #expect(metered[account] == truth[account], "host \(account.host), \(account.initiator), seed \(seed)")
        }
        // Both hosts in both roles: an empty comparison would prove nothing.
        #expect(truth.count == 4)
    }

    /// Runs the lab's traffic under a meter of the whole host, and gives what it says of the lab's cgroups.
    private func meter(_ lab: TrafficLab) async throws -> [TrafficLab.Account: FlowCounters] {
        let hosts = try Dictionary(uniqueKeysWithValues: lab.sides.enumerated().map { try ($1.group.id(), $0) })
        let meter = try Meter(MeterConfiguration(cgroupRoot: #require(CgroupLab.mountPoint)))
        try await lab.run()
        meter.detach()
        let drain = try meter.drain()
        #expect(drain.losses.allSatisfy { $0.counters.isZero })
        var metered: [TrafficLab.Account: FlowCounters] = [:]
        for flow in drain.flows {
            guard let host = hosts[flow.cgroupID] else { continue }
            metered[.init(host: host, initiator: flow.initiator), default: .zero] += flow.counters
        }
        return metered
    }
}
