// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc
import Traffic

/// The kernel meter: counts the bytes of every socket below a cgroup.
///
/// Counting and delivering are apart. ``drain()`` returns what was counted since the last *committed* drain; when
/// its bytes are safe elsewhere, ``commit()`` makes it final. A drain that is not committed is superseded by the next
/// one, which returns its bytes again with what has come since. So bytes are never lost or repeated, wherever a
/// process is killed: with pins, the next process finds out from ``state`` and ``inherited`` whether the last drain's
/// batch was stored, settles it if so, and goes on. Pinned counters of another capacity or layout are drained to
/// their end, as part of the first drains, and removed.
///
/// One thread uses a meter at a time. Without pins the kernel removes the hooks when the process ends.
public final class Meter {
    /// How far its counters are drained.
    public var state: CounterState { journal.state }
    /// How far the counters are drained that it takes over, before their rest comes with ``drain()``.
    public var inherited: [CounterState] { predecessors.map(\.state) }
    /// Flows that fit at one time.
    public let capacity: UInt32
    /// How much of the kernel's own structures the program reads.
    public var detail: KernelDetail { object.detail }
    /// Why it does not read as much as was configured: the kernel's own reasons, empty if it does.
    public var refusals: [String] { object.refusals }

    let object: BPFObject
    private let journal: Journal
    private let slots: SlotTable
    private let losses: LossCounters
    private let pins: PinDirectory?
    private var links: [BPFLink] = []
    /// Counters to drain to their end, one with each drain.
    private var predecessors: [Predecessor] = []

    /// Loads the kernel program and attaches it to the cgroup, beside other programs; or takes up pinned maps and
    /// hooks.
    ///
    /// - Throws: ``CaptureError``, with the kernel's own reason, if the cgroup cannot be opened, the process lacks
    ///   a capability, or the kernel refuses the program.
    public init(_ configuration: MeterConfiguration) throws(CaptureError) {
        guard MeterConfiguration.capacityRange.contains(configuration.flowCapacity) else {
            throw CaptureError(.refused, "a flow capacity of \(configuration.flowCapacity) is not in 1...16777216")
        }
        capacity = configuration.flowCapacity
        let layout = try MapLayout.ofProgram()
        if let directory = configuration.pinDirectory {
            pins = try PinDirectory(root: directory, capacity: capacity, layout: layout)
        } else {
            pins = nil
        }
        object = try BPFObject(
            capacity: capacity,
            ownerQuota: configuration.ownerQuota ?? max(1, configuration.flowCapacity / 2),
            services: configuration.services,
            detail: configuration.detail,
            layout: layout,
            pins: pins
        )
        journal = try Journal(maps: object, layout: layout)
        slots = try SlotTable(
            object: object,
            layout: layout,
            journal: journal,
            capacity: capacity,
            idleDrains: max(1, configuration.idleDrains)
        )
        losses = try LossCounters(maps: object, layout: layout, journal: journal)
        if object.isNew { journal.begin() }
        try attach(to: configuration.cgroupRoot)
        try findPredecessors()
    }

    /// Takes up what else is pinned; the hooks count to our maps by now.
    private func findPredecessors() throws(CaptureError) {
        for other in try pins?.others() ?? [] {
            if let maps = try PinnedMaps(other) {
                predecessors.append(try Predecessor(other, maps))
            } else {
                try other.removeDirectory()
            }
        }
        try removeSettled()
        if !predecessors.isEmpty { _ = netledger_wait_for_programs() }
    }

    /// Removes counters whose rest is in a committed drain of later ones.
    private func removeSettled() throws(CaptureError) {
        let journals = [journal] + predecessors.map(\.journal)
        let settled = predecessors.filter { old in journals.contains { $0.hasSettled(old.state.bootID) } }
        predecessors.removeAll { old in settled.contains { $0 === old } }
        for old in settled { try old.remove() }
    }

    private func attach(to path: String) throws(CaptureError) {
        let cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard cgroup >= 0 else { throw BPFObject.error(errno, "the cgroup \(path) cannot be opened") }
        defer { close(cgroup) }
        let programs = Direction.allCases.map(\.program) + ["watch_close"]
        for program in programs { links.append(try object.attach(program, cgroup: cgroup)) }
        try pins?.removeHooks(except: programs)
    }

    /// What was counted since the last committed drain, as the drain after the last committed one.
    ///
    /// After ``detach()`` it still returns what was counted before.
    ///
    /// - Throws: ``CaptureError`` if the kernel's maps cannot be read; nothing is lost, the next drain returns it.
    public func drain() throws(CaptureError) -> Drain {
        var drain = Drain(
            flows: try slots.drain(),
            losses: try losses.drain(),
            maps: [MapUse(name: "flows", entries: UInt64(slots.live), capacity: UInt64(capacity))]
        )
        if let predecessor = predecessors.first {
            let rest = try predecessor.drain()
            drain.flows += rest.flows
            drain.losses = drain.losses.merging(rest.losses)
            journal.inherit(predecessor.state.bootID)
        }
        journal.take()
        return drain
    }

    /// Makes the pending drain final: its bytes are safe elsewhere.
    ///
    /// Does nothing if none is pending.
    ///
    /// - Throws: ``CaptureError`` if a slot cannot be given back; the drain is final all the same.
    public func commit() throws(CaptureError) {
        guard state.pending != nil else { return }
        journal.commit()
        try slots.commit()
        try removeSettled()
    }

    /// Makes final what a process before this one stored: drain number `drain` of the counters called `bootID`.
    ///
    /// Does nothing unless that drain is pending.
    ///
    /// - Throws: ``CaptureError`` if a slot cannot be given back; the drain is final all the same.
    public func settle(drain: UInt64, of bootID: UInt128) throws(CaptureError) {
        if state.bootID == bootID, state.pending == drain { try commit() }
        for predecessor in predecessors where predecessor.state.bootID == bootID && predecessor.state.pending == drain {
            predecessor.journal.commit()
        }
        try removeSettled()
    }

    /// Removes the hooks, pinned or not.
    ///
    /// Sockets are not touched; what was counted can still be drained. Does nothing when called again.
    public func detach() {
        for link in links { link.unpin() }
        links.removeAll()
        // A program that was running when its hook went still counts: let it end, so that the last drain has it all.
        _ = netledger_wait_for_programs()
    }

    /// Removes hooks and pins: the host is as it was before, and what was not drained is gone.
    ///
    /// - Throws: ``CaptureError`` if a pin cannot be removed.
    public func uninstall() throws(CaptureError) {
        detach()
        try pins?.removeEverything()
    }

    /// The program that counts `direction`, for running it on crafted packets.
    func hook(_ direction: Direction) throws(CaptureError) -> HookRun {
        HookRun(program: try object.program(direction.program), name: direction.program)
    }
}

extension [Loss] {
    /// The sum of both, one loss for each reason.
    fileprivate func merging(_ others: [Loss]) -> [Loss] {
        var merged = self
        for other in others {
            if let index = merged.firstIndex(where: { $0.reason == other.reason }) {
                merged[index].counters += other.counters
            } else {
                merged.append(other)
            }
        }
        return merged
    }
}

extension Direction {
    /// Name of the kernel program that counts this direction.
    fileprivate var program: String {
        switch self {
        case .egress: "count_egress"
        case .ingress: "count_ingress"
        }
    }
}
