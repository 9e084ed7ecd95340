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
    private let capacity: Int
    private let idleDrains: UInt32

    /// Slots that were ever taken all lie below this number.
    private var frontier = 0
    /// For each slot below the frontier, drains since it last changed.
    private var idle: [UInt32] = []
    /// Slots retired by the last drain: the next one reads them for the last time.
    private var retiring: Set<Int> = []
    /// Slots that the last drain read for the last time: its commit frees them.
    private var retired: Set<Int> = []

    /// Slots in use at the last drain.
    private(set) var live = 0

    /// Free slots beyond the frontier that are looked at in search of taken ones.
    ///
    /// Slots are taken in order, except that each processor may hold a few back for a moment.
    private static let lookahead = 4096

    init(object: BPFObject, journal: Journal, capacity: UInt32, idleDrains: UInt32) throws(CaptureError) {
        self.journal = journal
        self.capacity = Int(capacity)
        self.idleDrains = idleDrains
        slots = try MappedArray(object: object, map: "slots", count: self.capacity)
        readings = try MappedArray(object: object, map: "readings", count: self.capacity)
        index = try object.map("flow_index")
        freeSlots = try FreeSlots(object: object, capacity: self.capacity)
        if object.isNew { try freeSlots.fill() } else { try recover() }
    }

    /// What was added to each flow since the readings in force; also retires idle slots.
    func drain() throws(CaptureError) -> [KernelFlow] {
        retired.formUnion(retiring)
        retiring.removeAll(keepingCapacity: true)
        // A program that found a slot before it was retired may still add to it: let it end. Where the kernel cannot
        // tell, the drain interval that lies between is the wait.
        if !retired.isEmpty { _ = netledger_wait_for_programs() }
        try extendFrontier()
        var flows: [KernelFlow] = []
        live = 0
        let before = journal.inForce
        for number in 0..<frontier where slots[number].key.cgroup_id != 0 {
            live += 1
            read(number, since: before, into: &flows)
        }
        let patience = live > capacity / 4 * 3 ? min(2, idleDrains) : idleDrains
        for number in 0..<frontier where idle[number] >= patience && slots[number].key.cgroup_id != 0 {
            retire(number)
        }
        return flows
    }

    /// Frees the slots whose last bytes the drain that is being committed has.
    func commit() throws(CaptureError) {
        guard !retired.isEmpty else { return }
        var owners: [UInt64: UInt64] = [:]
        for number in retired {
            if !freeSlots.isReserve(number) { owners[slots[number].key.cgroup_id, default: 0] += 1 }
            // First: from here on nobody reads the slot. A process that is killed in the middle leaves it unused.
            slots[number].key.cgroup_id = 0
            slots[number].counters = flow_counters()
            readings[number] = flow_reading()
            idle[number] = 0
            try freeSlots.push(number)
        }
        retired.removeAll(keepingCapacity: true)
        try freeSlots.credit(owners)
    }

    /// Takes up slots that another process left: what is not in the index any more was being retired.
    private func recover() throws(CaptureError) {
        try slots.reach(capacity)
        for number in 0..<capacity where slots[number].key.cgroup_id != 0 { frontier = number + 1 }
        try extendFrontier()
        for number in 0..<frontier where slots[number].key.cgroup_id != 0 {
            if !isIndexed(number) { makeStale(number) }
        }
    }

    /// True if the index leads to this slot.
    private func isIndexed(_ number: Int) -> Bool {
        var key = slots[number].key
        let own = UInt64(key.reserved) << 32 | UInt64(number + 1)
        key.reserved = 0
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

    /// Notes one slot's counters as read by this drain, and appends their growth, if there is any.
    private func read(_ number: Int, since before: Int, into flows: inout [KernelFlow]) {
        let slot = slots[number]
        let old = FlowCounters(readings[number][before])
        readings[number][1 - before] = slot.counters
        let new = FlowCounters(slot.counters)
        guard new != old else {
            idle[number] += 1
            return
        }
        idle[number] = 0
        flows.append(KernelFlow(slot.key, counters: new.growth(since: old)))
    }

    /// Takes the flow out of the index and makes every remembered reference to its slot stale.
    private func retire(_ number: Int) {
        guard !retired.contains(number) else { return }
        if isIndexed(number) {
            var key = slots[number].key
            key.reserved = 0
            // A program may have taken it out already.
            _ = bpf_map_delete_elem(index, &key)
        }
        makeStale(number)
    }

    private func makeStale(_ number: Int) {
        slots[number].key.reserved &+= 1
        idle[number] = 0
        retiring.insert(number)
    }
}

extension flow_reading {
    /// The counters read by drains of a parity, 0 or 1.
    fileprivate subscript(parity: Int) -> flow_counters {
        get { parity == 0 ? counters.0 : counters.1 }
        set {
            if parity == 0 { counters.0 = newValue } else { counters.1 = newValue }
        }
    }
}
