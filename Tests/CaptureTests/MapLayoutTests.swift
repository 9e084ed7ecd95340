// SPDX-License-Identifier: Apache-2.0
import CFlow
import Foundation
import TestSupport
import Testing
import Traffic

@testable import Capture

/// Counters that other releases left, in maps made by hand after their layout.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct MapLayoutTests {
    @Test func theProgramTellsItsOwnLayout() throws {
        let layout = try MapLayout.ofProgram()
        func isAt(_ name: String, _ offset: Int?, _ width: Int) -> Bool {
            (layout.integer(name) ?? layout.bits(name)) == offset.map { MapField(offset: $0, width: width) }
        }
        #expect(isAt("slots.key.cgroup_id", MemoryLayout<flow_slot>.offset(of: \.key.cgroup_id), 8))
        #expect(isAt("slots.key.remote", MemoryLayout<flow_slot>.offset(of: \.key.remote), 16))
        #expect(isAt("slots.key.service_port", MemoryLayout<flow_slot>.offset(of: \.key.service_port), 2))
        #expect(isAt("slots.key.traits", MemoryLayout<flow_slot>.offset(of: \.key.traits), 1))
        #expect(isAt("slots.counters.packets[1]", MemoryLayout<flow_slot>.offset(of: \.counters.packets.1), 8))
        #expect(
            isAt(
                "readings.counters[1].bytes[1]",
                MemoryLayout<flow_reading>.offset(of: \.counters.1.bytes.1),
                8
            )
        )
        #expect(isAt("journal.committed", MemoryLayout<flow_journal>.offset(of: \.committed), 8))
        #expect(
            isAt("journal.losses[1][7].packets", MemoryLayout<flow_journal>.offset(of: \.losses.1.7.packets), 8)
        )
        #expect(isAt("journal.inherited_by", MemoryLayout<flow_journal>.offset(of: \.inherited_by), 8))
        #expect(layout.reasons == LossCounters.reasons)
        #expect(MapLayout(text: layout.text) == layout)
        #expect(try MapLayout.ofProgram(kernelTypes: true) == layout, "one set of maps fits both programs")
    }

    /// A drain was read and not committed when the process died; its batch was stored, or it was not.
    @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
    func theFirstReleasesAreTakenOver(stored: Bool, withServices: Bool) throws {
        let host = try PinHost()
        let pins = try CraftedPins(MapLayout.first.text, in: host, "v1-4", described: false)
        try pins.set("journal", 0, ["boot_id": 5, "committed": 3, "taken": 4, "losses[1][4].bytes": 30])
        try pins.set(
            "slots",
            6,
            [
                "key.cgroup_id": 77, "key.remote": 9, "key.service_port": 53, "key.protocol": 17,
                "key.traits": UInt64(FLOW_INITIATOR_REMOTE.rawValue) | UInt64(FLOW_TO_SERVICE),
                "counters.bytes[0]": 1000, "counters.bytes[1]": 2000, "counters.packets[0]": 10,
                "counters.packets[1]": 20,
            ]
        )
        try pins.set(
            "readings",
            6,
            ["counters[1].bytes[0]": 900, "counters[1].packets[0]": 9, "counters[0].bytes[1]": 1999]
        )
        try pins.set("losses", 4, ["bytes": 130, "packets": 2])
        try pins.set("sources", 6, ["local": 3, "local_port": 4000])
        if !withServices { try pins.remove("sources") }

        let meter = try host.meter(capacity: CraftedPins.capacity)
        #expect(meter.inherited == [CounterState(bootID: 5, committed: 3, pending: 4)])
        if stored { try meter.settle(drain: 4, of: 5) }
        let drain = try meter.take()
        let counters =
            stored
            ? FlowCounters(egressBytes: 1000, ingressBytes: 1, egressPackets: 10, ingressPackets: 20)
            : FlowCounters(egressBytes: 100, ingressBytes: 2000, egressPackets: 1, ingressPackets: 20)
        #expect(
            drain.flows == [
                KernelFlow(
                    cgroupID: 77,
                    remote: IPAddress(bits: 9),
                    servicePort: 53,
                    ipProtocol: .udp,
                    initiator: .remote,
                    local: withServices ? SocketEnd(address: IPAddress(bits: 3), port: 4000) : nil,
                    counters: counters
                )
            ]
        )
        #expect(drain.losses.map(\.reason) == ["map_full"])
        #expect(drain.losses.first?.counters == FlowCounters(egressBytes: stored ? 130 : 100, egressPackets: 2))
        #expect(meter.inherited.isEmpty)
        #expect(try host.directories == ["hooks", "v2-5"])
        #expect(try meter.take().flows.isEmpty)
    }

    /// Wide and narrow fields in any order, and nothing but what is needed.
    private static let sparse = """
        map slots type 2 whatever a later release says of it
        unheard of
        field slots.key.remote 40 16
        field slots.counters.packets[1] 4 4
        field slots.counters.packets[0] 0 4
        field slots.counters.bytes[0] 16 8
        field slots.counters.bytes[1] 12 4
        field slots.key.cgroup_id 24 4
        field readings.counters[0].bytes[0] 0 8
        field readings.counters[0].bytes[1] 8 4
        field readings.counters[0].packets[0] 12 2
        field readings.counters[0].packets[1] 14 2
        field readings.counters[1].bytes[0] 16 8
        field readings.counters[1].bytes[1] 24 4
        field readings.counters[1].packets[0] 28 2
        field readings.counters[1].packets[1] 30 2
        field journal.taken 0 8
        field journal.boot_id 8 16
        field journal.committed 24 8

        """

    @Test func whatALayoutLacksIsUnknown() throws {
        let host = try PinHost()
        let pins = try CraftedPins(Self.sparse, in: host, "v2-1", described: true)
        try pins.set("journal", 0, ["boot_id": 5])
        try pins.set(
            "slots",
            0,
            ["key.cgroup_id": 77, "key.remote": 9, "counters.bytes[0]": 1 << 40, "counters.packets[1]": 70_000]
        )
        try pins.set("readings", 0, ["counters[0].packets[1]": 60_000])
        let meter = try host.meter(capacity: CraftedPins.capacity)
        let drain = try meter.take()
        #expect(
            drain.flows == [
                KernelFlow(
                    cgroupID: 77,
                    remote: IPAddress(bits: 9),
                    servicePort: 0,
                    ipProtocol: IPProtocol(rawValue: 0),
                    initiator: .unknown,
                    counters: FlowCounters(egressBytes: 1 << 40, ingressPackets: 10_000)
                )
            ]
        )
        #expect(drain.losses.isEmpty)
        #expect(try host.directories == ["hooks", "v2-2"])
    }

    @Test(arguments: ["slots.key.cgroup_id", "slots.counters.bytes[0]", "journal.committed"])
    func aLayoutWithoutWhatIsNeededIsRefused(field: String) throws {
        let host = try PinHost()
        let lines = Self.sparse.split(separator: "\n").filter { !$0.contains(" \(field) ") }
        let pins = try CraftedPins(lines.joined(separator: "\n"), in: host, "v2-1", described: true)
        try pins.set("journal", 0, ["boot_id": 5])
        let error = #expect(throws: CaptureError.self) { try host.meter(capacity: CraftedPins.capacity) }
        #expect(error?.description.contains("v2-1") == true && error?.description.contains("detach --pin") == true)
        // No hook was turned to maps that the next release would find.
        #expect(try host.directories == ["hooks", "v2-1"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: host.pins + "/hooks").isEmpty)
    }

    /// What says to hold more than it does is not read beyond its end.
    @Test func aLayoutThatIsLongerThanItsMapsIsRefused() throws {
        let host = try PinHost()
        let pins = try CraftedPins(Self.sparse, in: host, "v2-1", described: false)
        try pins.set("journal", 0, ["boot_id": 5])
        let longer = MapLayout(text: Self.sparse + "field slots.key.traits 1000000 1\n")
        let generation = try #require(PinDirectory.generation("v2-1", of: host.pins))
        try PinnedMaps.describe(generation.pins, longer)
        #expect(throws: CaptureError.self) { try host.meter(capacity: CraftedPins.capacity) }
    }

    @Test func hooksOfAnotherReleaseAreRemoved() throws {
        let host = try PinHost()
        try host.meter().detach()
        let stray = host.pins + "/hooks/count_something"
        let meter = try host.meter()
        try FileManager.default.moveItem(atPath: host.pins + "/hooks/watch_close", toPath: stray)
        _ = meter
        _ = try host.meter()
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: host.pins + "/hooks").sorted()
                == ["count_egress", "count_ingress", "watch_close"]
        )
    }
}
