// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Glibc
import Traffic

/// Pinned counters of another size, to which no hook counts any more: their rest is drained once, by their heir.
final class Predecessor {
    /// Its own journal.
    let journal: Journal

    private let pins: PinDirectory
    private let maps: PinnedMaps

    /// Takes up finished pins.
    init(_ pins: PinDirectory) throws(CaptureError) {
        self.pins = pins
        maps = PinnedMaps(pins)
        journal = try Journal(maps: maps)
    }

    /// How far it is drained.
    var state: CounterState { journal.state }

    /// What it counted since its last committed drain: the same each time, once no program runs that began before
    /// the hooks were turned.
    func drain() throws(CaptureError) -> (flows: [KernelFlow], losses: [Loss]) {
        let count = try maps.entries("slots")
        let slots: MappedArray<flow_slot> = try MappedArray(maps: maps, map: "slots", count: count)
        let readings: MappedArray<flow_reading> = try MappedArray(maps: maps, map: "readings", count: count)
        try slots.reach(count)
        try readings.reach(count)
        // Counters that are older than this map have no flow that would be in it.
        let localEnds = LocalEnds(map: (try? maps.map("sources")) ?? -1)
        var flows: [KernelFlow] = []
        for number in 0..<count where slots[number].key.cgroup_id != 0 {
            let read = FlowCounters(readings[number][journal.inForce])
            let growth = FlowCounters(slots[number].counters).growth(since: read)
            if growth.isZero { continue }
            let key = slots[number].key
            flows.append(KernelFlow(key, local: localEnds.end(of: key, in: number), counters: growth))
        }
        return (flows, try LossCounters(maps: maps, journal: journal).drain())
    }

    /// Removes the pins, and with them the counters.
    func remove() throws(CaptureError) {
        try pins.removeDirectory()
    }
}

/// Maps opened by their pins; `deinit` closes them.
private final class PinnedMaps: MapSource {
    private let pins: PinDirectory
    private var descriptors: [String: CInt] = [:]

    init(_ pins: PinDirectory) {
        self.pins = pins
    }

    deinit {
        for descriptor in descriptors.values { close(descriptor) }
    }

    func map(_ name: String) throws(CaptureError) -> CInt {
        if let descriptor = descriptors[name] { return descriptor }
        let descriptor = bpf_obj_get(pins.map(name))
        guard descriptor >= 0 else { throw BPFObject.error(errno, "the pinned map \(pins.map(name)) cannot be opened") }
        descriptors[name] = descriptor
        return descriptor
    }

    /// Entries that fit in the map called `name`.
    func entries(_ name: String) throws(CaptureError) -> Int {
        guard let info = bpf_map_info(of: try map(name)) else {
            throw BPFObject.error(errno, "the size of the pinned map \(pins.map(name)) cannot be read")
        }
        return Int(info.max_entries)
    }
}
