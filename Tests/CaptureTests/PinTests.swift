// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

@testable import Capture

/// Counters and hooks that outlive the process, with a BPF file system of the test's own.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct PinTests {
    private let packet = Packet.v4(protocol: 17, Packet.udp(9999, 53))

    @Test func theNextProcessGoesOnWhereTheLastOneStopped() throws {
        let host = try PinHost()
        var meter = try host.meter()
        let boot = meter.state.bootID
        _ = try meter.hook(.egress)(packet)
        #expect(try meter.take().sum.egressPackets == 1)
        _ = try meter.hook(.egress)(packet)
        meter = try host.meter()
        #expect(meter.state.bootID == boot)
        #expect(meter.state.committed == 1)
        #expect(meter.state.pending == nil)
        _ = try meter.hook(.egress)(packet)
        #expect(try meter.take().sum.egressPackets == 2)
    }

    @Test(arguments: [true, false])
    func aDrainWhoseProcessDiedIsCommittedOrReturnedAgain(stored: Bool) throws {
        let host = try PinHost()
        var meter = try host.meter()
        _ = try meter.hook(.egress)(packet)
        _ = try meter.drain()
        meter = try host.meter()
        #expect(meter.state.pending == 1)
        if stored { try meter.commit() }
        _ = try meter.hook(.egress)(packet)
        #expect(try meter.take().sum.egressPackets == (stored ? 1 : 2))
        #expect(meter.state.committed == (stored ? 2 : 1))
    }

    @Test func countersOfAnotherSizeAreDrainedToTheirEndAndRemoved() throws {
        let host = try PinHost()
        var meter = try host.meter()
        let boot = meter.state.bootID
        _ = try meter.hook(.egress)(packet)
        meter = try host.meter(capacity: 32)
        #expect(meter.capacity == 32)
        #expect(meter.state.bootID != boot)
        #expect(meter.inherited.map(\.bootID) == [boot])
        _ = try meter.hook(.egress)(packet)
        #expect(try meter.drain().sum.egressPackets == 2)
        // Killed before the drain was stored: the next one has it again.
        meter = try host.meter(capacity: 32)
        #expect(try meter.take().sum.egressPackets == 2)
        #expect(meter.inherited.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: host.pins).sorted() == ["hooks", "v2-2"])
    }

    @Test func countersThatWereTakenOverAreNotTakenUpAgain() throws {
        let host = try PinHost()
        var meter = try host.meter()
        _ = try meter.hook(.egress)(packet)
        meter = try host.meter(capacity: 32)
        #expect(try meter.drain().sum.egressPackets == 1)
        // The one with 32 is killed after its drain was stored; the one with 64 comes back.
        meter = try host.meter(capacity: 64)
        #expect(meter.inherited.count == 2)
        try meter.settle(drain: 1, of: meter.inherited[1].bootID)
        #expect(meter.inherited.count == 1)
        #expect(try meter.take().sum.isZero)
    }

    @Test func countersOfAnotherLayoutAreRefused() throws {
        let host = try PinHost()
        try host.meter().detach()
        let other = host.pins + "/v3-64"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        let error = #expect(throws: CaptureError.self) { try host.meter() }
        #expect(error?.description.contains(other) == true)
    }

    /// Many short lives, each of which ends at a random point, some with maps of another size; flows retire as fast as
    /// they can.
    @Test func randomLivesLoseAndRepeatNothing() throws {
        var random = SeededRandom()
        let host = try PinHost()
        var sent: UInt64 = 0
        var booked: UInt64 = 0
        var stored: (number: UInt64, counters: UInt128) = (0, 0)
        for life in 0..<40 {
            let meter = try host.meter(capacity: [16, 24].randomElement(using: &random) ?? 16, idleDrains: 1)
            try meter.settle(drain: stored.number, of: stored.counters)
            for _ in 0..<Int.random(in: 0...8, using: &random) {
                for _ in 0..<Int.random(in: 0...5, using: &random) {
                    let port = UInt16.random(in: 1...20, using: &random)
                    #expect(try meter.hook(.egress)(Packet.v4(protocol: 17, Packet.udp(9999, port))) == 1)
                    sent += 1
                }
                let packets = try meter.drain().sum.egressPackets
                guard Bool.random(using: &random) else { continue }
                stored = (try #require(meter.state.pending), meter.state.bootID)
                booked += packets
                // Killed after the batch was stored, before the commit.
                if Int.random(in: 0..<3, using: &random) == 0 { break }
                try meter.commit()
            }
            #expect(booked <= sent, "life \(life), seed \(random.seed)")
        }
        let meter = try host.meter()
        try meter.settle(drain: stored.number, of: stored.counters)
        while !meter.inherited.isEmpty { booked += try meter.take().sum.egressPackets }
        booked += try meter.take().sum.egressPackets
        #expect(booked == sent, "seed \(random.seed)")
    }

    @Test func unfinishedPinsAreStartedOver() throws {
        let host = try PinHost()
        try host.meter().uninstall()
        let layout = try MapLayout.ofProgram()
        let pins = try PinDirectory(root: host.pins, capacity: 8, layout: layout)
        // What a process leaves that was killed before it had set its maps up: maps without an identity.
        do {
            _ = try BPFObject(
                capacity: 8,
                ownerQuota: 8,
                services: [],
                detail: .none,
                layout: layout,
                pins: pins
            )
        }
        #expect(FileManager.default.fileExists(atPath: pins.map("slots")))
        let meter = try host.meter(capacity: 32)
        #expect(meter.capacity == 32)
        _ = try meter.hook(.egress)(packet)
        #expect(try meter.take().sum.egressPackets == 1)
    }

    @Test func uninstallLeavesTheHostAsItWas() throws {
        let host = try PinHost()
        let meter = try host.meter()
        #expect(FileManager.default.fileExists(atPath: host.pins))
        try meter.uninstall()
        #expect(!FileManager.default.fileExists(atPath: host.pins))
    }

    @Test func anotherFileSystemIsRefused() throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let configuration = MeterConfiguration(cgroupRoot: "/", flowCapacity: 8, pinDirectory: directory.file("pins"))
        let error = #expect(throws: CaptureError.self) { try Meter(configuration) }
        #expect(error?.description.contains("mount -t bpf") == true)
    }
}
