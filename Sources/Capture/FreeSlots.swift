// SPDX-License-Identifier: Apache-2.0
import CLibBPF

/// The slots that no flow has, from which the kernel's programs take: a reserve for overflow flows, and the rest for
/// any flow.
struct FreeSlots {
    private let common: CInt
    private let reserve: CInt
    private let freedByOwner: CInt
    private let capacity: Int
    /// The lowest slots, this many, are kept for overflow flows.
    ///
    /// The lowest, since whoever looks for slots in use begins there: an overflow flow is found however few others
    /// there are.
    let reserved: Int

    init(object: BPFObject, capacity: Int) throws(CaptureError) {
        self.capacity = capacity
        reserved = min(1024, capacity / 8)
        common = try object.map("free_slots")
        reserve = try object.map("reserve_slots")
        freedByOwner = try object.map("freed_slots")
    }

    /// True if the slot is kept for overflow flows.
    func isReserve(_ number: Int) -> Bool {
        number < reserved
    }

    /// Frees every slot.
    ///
    /// Last in, first out: the lowest number is taken first, so the slots in use stay dense.
    func fill() throws(CaptureError) {
        for number in stride(from: capacity - 1, through: 0, by: -1) { try push(number) }
    }

    /// Frees a slot.
    func push(_ number: Int) throws(CaptureError) {
        var value = UInt32(number)
        let stack = isReserve(number) ? reserve : common
        let status = bpf_map_update_elem(stack, nil, &value, UInt64(BPF_ANY))
        guard status == 0 else { throw BPFObject.error(-status, "slot \(number) cannot be given back") }
    }

    /// Tells the quota how many slots owners have given back.
    func credit(_ owners: [UInt64: UInt64]) throws(CaptureError) {
        for (owner, count) in owners {
            var key = owner
            var freed: UInt64 = 0
            // Absent at first, and after it was evicted.
            _ = bpf_map_lookup_elem(freedByOwner, &key, &freed)
            freed += count
            let status = bpf_map_update_elem(freedByOwner, &key, &freed, UInt64(BPF_ANY))
            guard status == 0 else { throw BPFObject.error(-status, "the quota of cgroup \(owner) cannot be kept") }
        }
    }
}
