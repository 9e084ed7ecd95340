// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Traffic

/// The kernel's flow slots, read through shared memory: finds what was added to each since the readings in force, and
/// gives idle slots back.
///
/// `bpf/flow.h` describes a slot's life.
///
/// One thread uses it at a time. The kernel's programs write the same memory at any moment.
final class SlotTable {
    private let slots: MappedArray<flow_slot>
    private let readings: MappedArray<flow_reading>
    private let journal: Journal
    private let index: CInt
    private let freeSlots: FreeSlots
    private let localEnds: LocalEnds
    private let capacity: Int
    private let idleDrains: UInt32

    /// Slots that were ever taken, and those kept for overflow flows, all lie below this number.
    private var frontier: Int
    /// For each slot below the frontier, drains since it last changed, or ``leaving``.
    private var idle: [UInt32] = []
    /// Slots retired by the last drain: the next one reads them for the last time.
    private var retiring: [Int] = []
    /// Slots that a drain has read for the last time: its commit, or a later one, frees them.
    private var retired: [Int] = []
    /// Flows in the last drain.
    private var changed = 0

    /// Slots in use at the last drain.
    private(set) var live = 0

    /// Free slots beyond the frontier that are looked at in search of taken ones.
    ///
    /// Slots are taken in order, except that each processor may hold a few back for a moment.
    private static let lookahead = 4096
    /// Slots that one drain retires, and that one commit frees, as long as there is no lack of them: to free one is a
    /// system call, and when 100,000 flows end at once no drain is to take the time for all of them.
    static let departures = 8192
    /// Drains without a new byte after which a connection to a service gives its slot back: there is one for each, so
    /// they must not stay as long as the flows of many connections.
    private static let connectionPatience: UInt32 = 2
    /// In ``idle``: the slot is retired, and not free yet.
    private static let leaving = UInt32.max

    init(
        object: BPFObject,
        layout: MapLayout,
        journal: Journal,
        capacity: UInt32,
        idleDrains: UInt32
    ) throws(CaptureError) {
        self.journal = journal
        self.capacity = Int(capacity)
        self.idleDrains = idleDrains
        slots = try MappedArray(maps: object, map: "slots", count: self.capacity)
        readings = try MappedArray(maps: object, map: "readings", count: self.capacity)
        index = try object.map("flow_index")
        localEnds = LocalEnds(map: try object.map("sources"), layout: layout)
        freeSlots = try FreeSlots(object: object, capacity: self.capacity)
        frontier = freeSlots.reserved
        if object.isNew { try freeSlots.fill() } else { try recover() }
    }

    /// What was added to each flow since the readings in force; also retires idle slots.
    func drain() throws(CaptureError) -> [KernelFlow] {
        retired += retiring
        retiring.removeAll(keepingCapacity: true)
        // A program that found a slot before it was retired may still add to it: let it end. Where the kernel cannot
        // tell, the drain interval that lies between is the wait.
        if !retired.isEmpty { _ = netledger_wait_for_programs() }
        try extendFrontier()
        let flows = read(since: journal.inForce)
        changed = flows.count
        retireIdle()
        return flows
    }

    /// Frees slots whose last bytes the drain that is being committed has.
    func commit() throws(CaptureError) {
        var owners: [UInt64: UInt64] = [:]
        for _ in 0..<(isPressed ? retired.count : min(retired.count, Self.departures)) {
            let number = retired.removeLast()
            if !freeSlots.isReserve(number) { owners[slots[number].key.cgroup_id, default: 0] += 1 }
            localEnds.remove(slots[number].key, in: number)
            // First: from here on nobody reads the slot. A process that is killed in the middle leaves it unused.
            slots[number].key.cgroup_id = 0
            slots[number].counters = flow_counters()
            readings[number] = flow_reading()
            idle[number] = 0
            try freeSlots.push(number)
        }
        try freeSlots.credit(owners)
    }

    /// True if slots are scarce.
    private var isPressed: Bool { live > capacity / 4 * 3 }

    /// Takes up slots that another process left: what is not in the index any more was being retired.
    private func recover() throws(CaptureError) {
        try slots.reach(capacity)
        for number in frontier..<capacity where slots[number].key.cgroup_id != 0 { frontier = number + 1 }
        try extendFrontier()
        for number in 0..<frontier where slots[number].key.cgroup_id != 0 {
            if !isIndexed(number) { makeStale(number) }
        }
    }

    /// True if the index leads to this slot.
    private func isIndexed(_ number: Int) -> Bool {
        let own = UInt64(slots[number].key.reserved) << 32 | UInt64(number + 1)
        var key = localEnds.indexKey(slots[number].key, in: number)
        var reference: flow_ref = 0
        return bpf_map_lookup_elem(index, &key, &reference) == 0 && reference == own
    }

    private func extendFrontier() throws(CaptureError) {
        try slots.reach(frontier + Self.lookahead)
        var number = frontier
        while number < min(frontier + Self.lookahead, capacity) {
            if slots[number].key.cgroup_id != 0 {
                frontier = number + 1
                try slots.reach(frontier + Self.lookahead)
            }
            number += 1
        }
        try readings.reach(frontier)
        if frontier > idle.count { idle.append(contentsOf: repeatElement(0, count: frontier - idle.count)) }
    }

    /// Notes all counters as read by this drain, and gives the growth of those that have grown.
    private func read(since before: Int) -> [KernelFlow] {
        var flows: [KernelFlow] = []
        flows.reserveCapacity(changed)
        var live = 0
        idle.withUnsafeMutableBufferPointer { idle in
            for number in 0..<frontier where slots[number].key.cgroup_id != 0 {
                live += 1
                let new = FlowCounters(reading: slots.address(of: number))
                let reading = readings.address(of: number)
                let old = FlowCounters(reading.pointee[before])
                // Equal for a flow that rests: then its memory rests, too.
                if FlowCounters(reading.pointee[1 - before]) != new { reading.pointee[1 - before] = new.kernelForm }
                if new != old {
                    let key = slots[number].key
                    let local = localEnds.end(of: key, in: number)
                    flows.append(KernelFlow(key, local: local, counters: new.growth(since: old)))
                    if idle[number] != Self.leaving { idle[number] = 0 }
                } else if idle[number] != Self.leaving {
                    idle[number] += 1
                }
            }
        }
        self.live = live
        return flows
    }

    /// Takes flows that were idle for long out of the index and makes every remembered reference to their slots stale.
    private func retireIdle() {
        let patience = isPressed ? min(2, idleDrains) : idleDrains
        let limit = isPressed ? frontier : Self.departures
        var numbers: [Int] = []
        for number in idle.indices where idle[number] >= min(patience, Self.connectionPatience) {
            if numbers.count == limit { break }
            let key = slots[number].key
            guard idle[number] != Self.leaving, key.cgroup_id != 0 else { continue }
            if idle[number] >= patience || key.traits & UInt8(FLOW_TO_SERVICE) != 0 { numbers.append(number) }
        }
        guard !numbers.isEmpty else { return }
        removeFromIndex(numbers)
        for number in numbers { makeStale(number) }
    }

    /// Takes the flows of these slots out of the index.
    private func removeFromIndex(_ numbers: [Int]) {
        var keys = numbers.map { localEnds.indexKey(slots[$0].key, in: $0) }
        while !keys.isEmpty {
            var removed = UInt32(keys.count)
            // It stops at a flow that is not in the index: a program may have taken it out already.
            guard bpf_map_delete_batch(index, keys, &removed, nil) != 0 else { return }
            keys.removeFirst(min(keys.count, Int(removed) + 1))
        }
    }

    private func makeStale(_ number: Int) {
        slots[number].key.reserved &+= 1
        idle[number] = Self.leaving
        retiring.append(number)
    }
}

extension FlowCounters {
    /// Where a slot has its bytes and its packets; no field is optional, so each has an offset.
    private static let bytes = MemoryLayout<flow_slot>.offset(of: \.counters.bytes) ?? 0
    private static let packets = MemoryLayout<flow_slot>.offset(of: \.counters.packets) ?? 0

    /// The counters of a slot to which programs may be adding.
    fileprivate init(reading slot: UnsafePointer<flow_slot>) {
        let slot = UnsafeRawPointer(slot)
        let bytes = (slot + Self.bytes).assumingMemoryBound(to: UInt64.self)
        let packets = (slot + Self.packets).assumingMemoryBound(to: UInt64.self)
        self.init(
            egressBytes: netledger_load(bytes),
            ingressBytes: netledger_load(bytes + 1),
            egressPackets: netledger_load(packets),
            ingressPackets: netledger_load(packets + 1)
        )
    }

    /// The same, as the kernel's programs have it.
    fileprivate var kernelForm: flow_counters {
        var counters = flow_counters()
        counters.bytes = (egressBytes, ingressBytes)
        counters.packets = (egressPackets, ingressPackets)
        return counters
    }
}

extension flow_reading {
    /// The counters read by drains of a parity, 0 or 1.
    subscript(parity: Int) -> flow_counters {
        get { parity == 0 ? counters.0 : counters.1 }
        set {
            if parity == 0 { counters.0 = newValue } else { counters.1 = newValue }
        }
    }
}
