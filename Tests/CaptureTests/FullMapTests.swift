// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import TestSupport
import Testing
import Traffic

@testable import Capture

/// Slots run out, are given back and are taken again: the sum always equals the truth.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct FullMapTests {
    /// A UDP packet of 28 bytes that belongs to flow `number`.
    private func packet(_ number: Int) -> [UInt8] {
        Packet.v4(
            to: [10, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)],
            protocol: 17,
            Packet.udp(9999, 53)
        )
    }

    @Test func whatDoesNotFitGoesToTheOwnersOverflow() throws {
        let metered = try MeteredCgroup(capacity: 16, ownerQuota: 16)
        let meter = metered.meter
        let hook = try meter.hook(.egress)
        for number in 0..<20 {
            #expect(try hook(packet(number)) == 1)
        }
        let drain = try meter.take()
        #expect(drain.losses.isEmpty)
        #expect(drain.flows.count == 14 + 1, "two of sixteen slots are kept back")
        let overflow = try #require(drain.flows.first { $0.remote.bits == 0 })
        #expect(overflow.cgroupID == (try MeteredCgroup.ownID()))
        #expect(overflow.servicePort == 0)
        #expect(overflow.ipProtocol.rawValue == 0)
        #expect(overflow.counters == FlowCounters(egressBytes: 6 * 28, egressPackets: 6))
        #expect(drain.maps == [MapUse(name: "flows", entries: 15, capacity: 16)])
    }

    @Test func whatDoesNotEvenFitThereIsALossByName() throws {
        let metered = try MeteredCgroup(capacity: 4)
        let meter = metered.meter
        let hook = try meter.hook(.egress)
        for number in 0..<10 {
            #expect(try hook(packet(number)) == 1)
        }
        let drain = try meter.take()
        #expect(drain.flows.count == 2, "the quota is half, and four slots have no reserve")
        #expect(
            drain.losses == [
                Loss(reason: "map_full", counters: FlowCounters(egressBytes: 8 * 28, egressPackets: 8))
            ]
        )
    }

    /// One owner's flood takes its quota and no more; when it is over, its slots are its own again.
    ///
    /// In a large map, too, where nearly all slots were never taken.
    @Test(arguments: [64, 131_072] as [UInt32]) func aQuotaIsGivenBack(capacity: UInt32) throws {
        let metered = try MeteredCgroup(capacity: capacity, idleDrains: 2, ownerQuota: 8)
        let meter = metered.meter
        let hook = try meter.hook(.egress)
        for round in 0..<4 {
            for number in 0..<30 {
                #expect(try hook(packet(round * 100 + number)) == 1)
            }
            let drain = try meter.take()
            #expect(drain.flows.count == 9, "round \(round): eight flows and the overflow")
            #expect(drain.sum == FlowCounters(egressBytes: 30 * 28, egressPackets: 30))
            for _ in 0..<4 { #expect(try meter.take().flows.isEmpty) }
            #expect(try meter.take().maps.first?.entries == 0)
        }
    }

    @Test func idleFlowsGiveTheirSlotsBack() throws {
        let metered = try MeteredCgroup(capacity: 10, idleDrains: 3, ownerQuota: 8)
        let meter = metered.meter
        let hook = try meter.hook(.egress)
        for round in 0..<5 {
            for number in 0..<8 {
                #expect(try hook(packet(round * 8 + number)) == 1)
            }
            let drain = try meter.take()
            #expect(drain.flows.count == 8, "round \(round)")
            #expect(drain.losses.isEmpty, "round \(round)")
            // Idle until retired, then once more until freed.
            for _ in 0..<4 {
                #expect(try meter.take().flows.isEmpty)
            }
            #expect(try meter.take().maps.first?.entries == 0)
        }
    }

    @Test func aFlowComesBackAfterItWasRetired() throws {
        let metered = try MeteredCgroup(capacity: 8, idleDrains: 1)
        let meter = metered.meter
        let hook = try meter.hook(.egress)
        for _ in 0..<10 {
            #expect(try hook(packet(1)) == 1)
            let flows = try meter.take().flows
            #expect(flows.map(\.counters) == [FlowCounters(egressBytes: 28, egressPackets: 1)])
            #expect(try meter.take().flows.isEmpty)
        }
    }

    /// When very many flows end at once, no single drain has the work of all.
    @Test func manyIdleFlowsLeaveBitByBit() throws {
        let flows = SlotTable.departures + 500
        let metered = try MeteredCgroup(capacity: UInt32(2 * flows), idleDrains: 1, ownerQuota: UInt32(2 * flows))
        let meter = metered.meter
        let hook = try meter.hook(.egress)
        for _ in 0..<2 {
            for number in 0..<flows {
                #expect(try hook(packet(number)) == 1)
            }
            #expect(try meter.take().flows.count == flows)
            let entries = try (0..<4).map { _ in try meter.take().maps.first?.entries }
            #expect(entries == [UInt64(flows), UInt64(flows), 500, 0])
        }
    }

    /// Packets from several threads against drains in a loop, with flows retired as soon as they pause.
    @Test func nothingIsLostBetweenPacketsAndDrains() async throws {
        let metered = try MeteredCgroup(capacity: 64, idleDrains: 1)
        let meter = metered.meter
        let hook = try meter.hook(.egress)
        let seed = SeededRandom().seed
        let senders = 3
        let perSender = 20_000
        let finished = Atomic<Int>(0)
        var booked = FlowCounters.zero
        func drain() throws {
            let drain = try meter.take()
            for counters in drain.flows.map(\.counters) + drain.losses.map(\.counters) { booked += counters }
        }
        let packets = (0..<96).map(packet)
        for sender in 0..<senders {
            Thread.detachNewThread {
                var random = SeededRandom(seed: seed &+ UInt64(sender))
                for _ in 0..<perSender {
                    guard (try? hook(packets[Int.random(in: 0..<96, using: &random)])) == 1 else { break }
                }
                finished.add(1, ordering: .sequentiallyConsistent)
            }
        }
        while finished.load(ordering: .sequentiallyConsistent) < senders { try drain() }
        for _ in 0..<3 { try drain() }
        let sent = UInt64(senders * perSender)
        #expect(booked == FlowCounters(egressBytes: sent * 28, egressPackets: sent), "seed \(seed)")
    }
}
