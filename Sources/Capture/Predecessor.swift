// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Pinned counters of another size or layout, to which no hook counts any more: their rest is drained once, by their
/// heir.
final class Predecessor {
    /// Its own journal.
    let journal: Journal

    private let pins: PinDirectory
    private let maps: PinnedMaps

    /// Takes up finished pins.
    init(_ pins: PinDirectory, _ maps: PinnedMaps) throws(CaptureError) {
        self.pins = pins
        self.maps = maps
        journal = try Journal(maps: maps, layout: maps.layout)
    }

    /// How far it is drained.
    var state: CounterState { journal.state }

    /// What it counted since its last committed drain: the same each time, once no program runs that began before
    /// the hooks were turned.
    func drain() throws(CaptureError) -> (flows: [KernelFlow], losses: [Loss]) {
        let slots = try SlotReader(maps: maps, layout: maps.layout)
        // Counters that are older than this map have no flow that would be in it.
        let localEnds = LocalEnds(map: (try? maps.map("sources")) ?? -1, layout: maps.layout)
        var flows: [KernelFlow] = []
        for number in 0..<slots.count {
            guard let key = slots.key(of: number) else { continue }
            let growth = slots.growth(of: number, since: journal.inForce)
            if growth.isZero { continue }
            flows.append(KernelFlow(key, local: localEnds.end(of: key, in: number), counters: growth))
        }
        let losses = try LossCounters(maps: maps, layout: maps.layout, journal: journal)
        return (flows, try losses.growth())
    }

    /// Removes the pins, and with them the counters.
    func remove() throws(CaptureError) {
        try pins.removeDirectory()
    }
}
