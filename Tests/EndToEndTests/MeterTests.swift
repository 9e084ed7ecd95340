// SPDX-License-Identifier: Apache-2.0
import Capture
import TestSupport
import Testing
import Traffic

/// The kernel meter alone against the packet filter: nothing but the drain lies between them.
@Suite(.serialized, .whereMeteringWorks) struct MeterTests {
    @Test func everyByteAndPacketIsOnTheRightAccount() async throws {
        let lock = try await MachineLock()
        defer { withExtendedLifetime(lock) {} }
        var random = SeededRandom()
        let lab = try TrafficLab(TrafficMix.everything(&random))
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
        // Both hosts in both roles: an empty comparison would prove nothing.
        #expect(metered.count == 4)
        #expect(try metered == lab.accounts(), "seed \(random.seed)")
        #expect(drain.losses.allSatisfy { $0.counters.isZero })
    }
}
