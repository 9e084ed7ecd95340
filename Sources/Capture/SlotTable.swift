// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Glibc
import Traffic

/// The kernel's flow slots, read through shared memory: finds what was added to each since the last reading, and gives
/// idle slots back.
///
/// `bpf/flow.h` describes a slot's life.
///
/// One thread uses it at a time. The kernel's programs write the same memory at any moment.
final class SlotTable {
    private let slots: UnsafeMutablePointer<flow_slot>
    private let capacity: Int
    private let index: CInt
    private let freeSlots: CInt
    private let idleDrains: UInt32

    /// Slots that were ever taken all lie below this number.
    private var frontier = 0
    /// For each slot below the frontier, what was read of it before.
    private var readings: [Reading] = []
    /// Slots retired by the last drain, to be read once more and freed by the next.
    private var retired: [Int] = []

    /// Slots in use at the last drain.
    private(set) var live = 0

    private struct Reading {
        var counters = FlowCounters.zero
        var idle: UInt32 = 0
    }

    /// Free slots beyond the frontier that are looked at in search of taken ones.
    ///
    /// Slots are taken in order, except that each processor may hold a few back for a moment.
    private static let lookahead = 4096

    init(object: BPFObject, capacity: UInt32, idleDrains: UInt32) throws(CaptureError) {
        self.capacity = Int(capacity)
        self.idleDrains = idleDrains
        index = try object.map("flow_index")
        freeSlots = try object.map("free_slots")
        let size = self.capacity * MemoryLayout<flow_slot>.stride
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, try object.map("slots"), 0)
        guard let memory, memory != MAP_FAILED else {
            throw BPFObject.error(errno, "the flow slots cannot be mapped into memory")
        }
        slots = memory.bindMemory(to: flow_slot.self, capacity: self.capacity)
        // Last in, first out: the lowest number is taken first, so the slots in use stay dense.
        for number in stride(from: capacity, to: 0, by: -1) {
            slots[Int(number) - 1].key.reserved = 1
            try free(number - 1)
        }
    }

    deinit {
        munmap(slots, capacity * MemoryLayout<flow_slot>.stride)
    }

    /// What was added to each flow since the last call; also retires and frees idle slots.
    func drain() throws(CaptureError) -> [KernelFlow] {
        var flows: [KernelFlow] = []
        try freeRetired(into: &flows)
        extendFrontier()
        live = 0
        for number in 0..<frontier where slots[number].key.cgroup_id != 0 {
            live += 1
            read(number, into: &flows)
        }
        let patience = live > capacity / 4 * 3 ? min(2, idleDrains) : idleDrains
        for number in 0..<frontier where slots[number].key.cgroup_id != 0 && readings[number].idle >= patience {
            retire(number)
        }
        return flows
    }

    private func extendFrontier() {
        var number = frontier
        while number < min(frontier + Self.lookahead, capacity) {
            if slots[number].key.cgroup_id != 0 { frontier = number + 1 }
            number += 1
        }
        let added = frontier - readings.count
        if added > 0 { readings.append(contentsOf: repeatElement(Reading(), count: added)) }
    }

    /// Appends the growth of one slot, if there is any.
    private func read(_ number: Int, into flows: inout [KernelFlow]) {
        let slot = slots[number]
        let now = FlowCounters(
            egressBytes: slot.counters.bytes.0,
            ingressBytes: slot.counters.bytes.1,
            egressPackets: slot.counters.packets.0,
            ingressPackets: slot.counters.packets.1
        )
        let before = readings[number].counters
        guard now != before else {
            readings[number].idle += 1
            return
        }
        readings[number] = Reading(counters: now)
        flows.append(KernelFlow(slot.key, counters: now.growth(since: before)))
    }

    /// Takes the flow out of the index and makes every remembered reference to its slot stale.
    private func retire(_ number: Int) {
        var key = slots[number].key
        key.reserved = 0
        // A key that is not there was replaced by a slot of the same flow; the generation still has to change.
        _ = bpf_map_delete_elem(index, &key)
        slots[number].key.reserved &+= 1
        if slots[number].key.reserved == 0 { slots[number].key.reserved = 1 }
        readings[number].idle = 0
        retired.append(number)
    }

    /// Reads retired slots for the last time and frees them.
    ///
    /// Programs that found a slot before it was retired may still add to it, so this waits until they have ended.
    /// Where the kernel cannot say so, the drain interval that lies between is the wait.
    private func freeRetired(into flows: inout [KernelFlow]) throws(CaptureError) {
        guard !retired.isEmpty else { return }
        _ = netledger_wait_for_programs()
        for number in retired {
            read(number, into: &flows)
            slots[number].counters = flow_counters()
            slots[number].key.cgroup_id = 0
            readings[number] = Reading()
            try free(UInt32(number))
        }
        retired.removeAll(keepingCapacity: true)
    }

    private func free(_ number: UInt32) throws(CaptureError) {
        var number = number
        let status = bpf_map_update_elem(freeSlots, nil, &number, UInt64(BPF_ANY))
        guard status == 0 else { throw BPFObject.error(-status, "slot \(number) cannot be given back") }
    }
}

extension KernelFlow {
    /// The flow behind a kernel key.
    fileprivate init(_ key: flow_key, counters: FlowCounters) {
        let remote = withUnsafeBytes(of: key.remote) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
        self.init(
            cgroupID: key.cgroup_id,
            remote: IPAddress(bits: remote),
            servicePort: key.service_port,
            ipProtocol: IPProtocol(rawValue: key.protocol),
            initiator: Initiator(rawValue: key.traits & UInt8(FLOW_INITIATOR_MASK)) ?? .unknown,
            viaLoopback: key.traits & UInt8(FLOW_VIA_LOOPBACK) != 0,
            counters: counters
        )
    }
}
