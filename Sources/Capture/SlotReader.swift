// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Traffic

/// Slots and their readings in maps of any layout, to which no hook counts any more.
struct SlotReader {
    /// Slots in the map.
    let count: Int

    private let slots: MappedValues
    private let readings: MappedValues
    private let cgroupID: MapField
    private let remote: MapField
    private let servicePort: MapField?
    private let ipProtocol: MapField?
    private let traits: MapField?
    private let counters: CounterFields
    private let read: [CounterFields]

    /// - Throws: ``CaptureError`` if the layout lacks what nothing can stand for.
    init(maps: some MapSource, layout: MapLayout) throws(CaptureError) {
        guard let cgroupID = layout.integer("slots.key.cgroup_id"), let remote = layout.bits("slots.key.remote"),
            let counters = layout.counters("slots.counters"), let even = layout.counters("readings.counters[0]"),
            let odd = layout.counters("readings.counters[1]")
        else { throw maps.unreadable("slots and readings") }
        self.cgroupID = cgroupID
        self.remote = remote
        self.counters = counters
        read = [even, odd]
        servicePort = layout.integer("slots.key.service_port")
        ipProtocol = layout.integer("slots.key.protocol")
        traits = layout.integer("slots.key.traits")
        slots = try MappedValues(maps: maps, map: "slots", layout: layout)
        readings = try MappedValues(maps: maps, map: "readings", layout: layout)
        count = min(slots.count, readings.count)
    }

    /// The key of the slot, in the form of this program; `nil` if no flow has the slot.
    func key(of number: Int) -> flow_key? {
        let slot = slots.value(number)
        var key = flow_key()
        key.cgroup_id = cgroupID.integer(in: slot)
        guard key.cgroup_id != 0 else { return nil }
        withUnsafeMutableBytes(of: &key.remote) {
            $0.storeBytes(of: remote.bits(in: slot).bigEndian, as: UInt128.self)
        }
        key.service_port = UInt16(truncatingIfNeeded: servicePort?.integer(in: slot) ?? 0)
        key.protocol = UInt8(truncatingIfNeeded: ipProtocol?.integer(in: slot) ?? 0)
        key.traits = UInt8(truncatingIfNeeded: traits?.integer(in: slot) ?? 0)
        return key
    }

    /// What was added to the slot since the reading of `parity`.
    func growth(of number: Int, since parity: Int) -> FlowCounters {
        counters.counters(in: slots.value(number))
            .growth(since: read[parity].counters(in: readings.value(number)))
    }
}
