// SPDX-License-Identifier: Apache-2.0
import CFlow
import Synchronization

/// Which drain's readings are in force, kept with the kernel's counters so that it outlives this process.
final class Journal {
    private let memory: MappedArray<flow_journal>

    init(maps: some MapSource) throws(CaptureError) {
        memory = try MappedArray(maps: maps, map: "journal", count: 1)
    }

    /// Gives the counters their identity.
    ///
    /// Without one they are unfinished, and the next process starts over.
    func begin() {
        let fresh = UInt128.random(in: 1 ... .max)
        withUnsafeMutableBytes(of: &memory[0].boot_id) { $0.storeBytes(of: fresh.bigEndian, as: UInt128.self) }
    }

    /// Identity of the counters: random, and as old as they are; 0 before ``begin()``.
    var bootID: UInt128 {
        memory[0].bootID
    }

    /// Number of the last drain whose bytes are safe elsewhere.
    var committed: UInt64 { memory[0].committed }

    /// Number of the last drain whose readings are complete: ``committed``, or the next.
    var taken: UInt64 { memory[0].taken }

    /// The counters' state, for whoever has to know which drains are stored elsewhere.
    var state: CounterState {
        CounterState(bootID: bootID, committed: committed, pending: taken > committed ? taken : nil)
    }

    /// Declares that the drain after ``committed`` has the rest of the counters called `bootID`.
    func inherit(_ bootID: UInt128) {
        withUnsafeMutableBytes(of: &memory[0].heir_of) { $0.storeBytes(of: bootID.bigEndian, as: UInt128.self) }
        memory[0].inherited_by = committed + 1
    }

    /// True if the rest of the counters called `bootID` is in a committed drain of these.
    func hasSettled(_ bootID: UInt128) -> Bool {
        let heirOf = withUnsafeBytes(of: memory[0].heir_of) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
        return heirOf == bootID && memory[0].inherited_by > 0 && committed >= memory[0].inherited_by
    }

    /// Parity of the readings in force.
    var inForce: Int { Int(committed & 1) }

    /// Declares the readings of the drain after ``committed`` complete.
    func take() {
        atomicMemoryFence(ordering: .releasing)
        memory[0].taken = committed + 1
    }

    /// Puts the readings of the drain that was taken in force.
    func commit() {
        atomicMemoryFence(ordering: .releasing)
        memory[0].committed = taken
    }

    /// Loss counters as read by the drains of one parity; see `enum flow_loss` for the order.
    subscript(lossesOfParity parity: Int) -> [flow_loss_counters] {
        get {
            withUnsafeBytes(of: memory[0].losses) { all in
                let one = all.count / 2
                return Array(all[parity * one..<(parity + 1) * one].assumingMemoryBound(to: flow_loss_counters.self))
            }
        }
        set {
            withUnsafeMutableBytes(of: &memory[0].losses) { all in
                let one = all.count / 2
                newValue.withUnsafeBytes { values in
                    UnsafeMutableRawBufferPointer(rebasing: all[parity * one..<(parity + 1) * one])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: values.prefix(one)))
                }
            }
        }
    }
}

extension flow_journal {
    /// Identity of the counters; 0 if they are unfinished.
    var bootID: UInt128 {
        withUnsafeBytes(of: boot_id) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
    }
}
