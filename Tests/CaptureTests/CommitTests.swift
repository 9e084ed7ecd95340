// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@testable import Capture

/// A drain is final when it is committed, and not before.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct CommitTests {
    private let packet = Packet.v4(protocol: 17, Packet.udp(9999, 53))

    @Test func anUncommittedDrainIsReturnedAgainWithWhatCameSince() throws {
        let metered = try MeteredCgroup()
        let meter = metered.meter
        let hook = try meter.hook(.egress)
        #expect(meter.state.pending == nil)
        _ = try hook(packet)
        #expect(try meter.drain().sum.egressPackets == 1)
        #expect(meter.state.pending == 1)
        #expect(meter.state.committed == 0)
        _ = try hook(packet)
        #expect(try meter.drain().sum.egressPackets == 2)
        #expect(meter.state.pending == 1)
        try meter.commit()
        #expect(meter.state.pending == nil)
        #expect(meter.state.committed == 1)
        try meter.commit()
        #expect(meter.state.committed == 1, "one drain is committed once")
        #expect(try meter.drain().flows.isEmpty)
    }

    @Test func lossesAreCommittedWithTheFlows() throws {
        let metered = try MeteredCgroup()
        let meter = metered.meter
        let hook = try meter.hook(.ingress)
        let bad = [UInt8](repeating: 0x50, count: 40)
        _ = try hook(bad)
        #expect(try meter.drain().losses.map(\.counters.ingressBytes) == [40])
        _ = try hook(bad)
        #expect(try meter.drain().losses.map(\.counters.ingressBytes) == [80])
        try meter.commit()
        #expect(try meter.drain().losses.isEmpty)
    }

    /// Idle slots are freed only when the drain that read them last is committed.
    @Test func retiringAcrossUncommittedDrainsLosesNothing() throws {
        var random = SeededRandom()
        let metered = try MeteredCgroup(capacity: 16, idleDrains: 1)
        let meter = metered.meter
        let hook = try meter.hook(.egress)
        var sent: UInt64 = 0
        var booked: UInt64 = 0
        for _ in 0..<300 {
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let port = UInt16.random(in: 1...24, using: &random)
                _ = try hook(Packet.v4(protocol: 17, Packet.udp(9999, port)))
                sent += 1
            }
            let drain = try meter.drain()
            if Bool.random(using: &random) {
                booked += drain.sum.egressPackets
                try meter.commit()
            }
        }
        booked += try meter.take().sum.egressPackets
        #expect(booked == sent, "seed \(random.seed)")
    }
}
