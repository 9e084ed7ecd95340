// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Which drain's readings are in force, kept with the kernel's counters so that it outlives this process.
final class Journal {
    private let memory: MappedValues
    private let bootIDField: MapField
    private let committedField: MapField
    private let takenField: MapField
    private let inheritance: (heirOf: MapField, inheritedBy: MapField)?

    /// - Throws: ``CaptureError`` if the layout has no journal, or the map cannot be mapped.
    init(maps: some MapSource, layout: MapLayout) throws(CaptureError) {
        guard let bootID = layout.bits("journal.boot_id"), let committed = layout.counter("journal.committed"),
            let taken = layout.counter("journal.taken")
        else { throw maps.unreadable("journal") }
        (bootIDField, committedField, takenField) = (bootID, committed, taken)
        if let heirOf = layout.bits("journal.heir_of"), let inheritedBy = layout.counter("journal.inherited_by") {
            inheritance = (heirOf, inheritedBy)
        } else {
            inheritance = nil
        }
        memory = try MappedValues(maps: maps, map: "journal", layout: layout)
    }

    /// Gives the counters their identity.
    ///
    /// Without one they are unfinished, and the next process starts over.
    func begin() {
        bootIDField.store(UInt128.random(in: 1 ... .max), in: value)
    }

    /// The one value of the map.
    var value: UnsafeMutableRawPointer { memory.value(0) }

    /// Identity of the counters: random, and as old as they are; 0 before ``begin()``.
    var bootID: UInt128 { bootIDField.bits(in: value) }

    /// Number of the last drain whose bytes are safe elsewhere.
    var committed: UInt64 { committedField.integer(in: value) }

    /// Number of the last drain whose readings are complete: ``committed``, or the next.
    var taken: UInt64 { takenField.integer(in: value) }

    /// The counters' state, for whoever has to know which drains are stored elsewhere.
    var state: CounterState {
        CounterState(bootID: bootID, committed: committed, pending: taken > committed ? taken : nil)
    }

    /// Declares that the drain after ``committed`` has the rest of the counters called `bootID`.
    func inherit(_ bootID: UInt128) {
        // A program that can take over other counters has these fields itself.
        guard let inheritance else { return }
        inheritance.heirOf.store(bootID, in: value)
        inheritance.inheritedBy.store(committed + 1, in: value)
    }

    /// True if the rest of the counters called `bootID` is in a committed drain of these.
    func hasSettled(_ bootID: UInt128) -> Bool {
        guard let inheritance, inheritance.heirOf.bits(in: value) == bootID else { return false }
        let drain = inheritance.inheritedBy.integer(in: value)
        return drain > 0 && committed >= drain
    }

    /// Parity of the readings in force.
    var inForce: Int { Int(committed & 1) }

    /// Declares the readings of the drain after ``committed`` complete.
    func take() {
        atomicMemoryFence(ordering: .releasing)
        takenField.store(committed + 1, in: value)
    }

    /// Puts the readings of the drain that was taken in force.
    func commit() {
        atomicMemoryFence(ordering: .releasing)
        committedField.store(taken, in: value)
    }
}
