// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc
import Traffic

/// The kernel meter: counts the bytes of every socket below a cgroup.
///
/// Counting and delivering are apart. ``drain()`` returns what was counted since the last *committed* drain; when
/// its bytes are safe elsewhere, ``commit()`` makes it final. A drain that is not committed is superseded by the next
/// one, which returns its bytes again with what has come since. So bytes are never lost or repeated, wherever a
/// process is killed: with pins, the next process finds out from ``pending`` whether the last drain's batch was
/// stored, commits it if so, and goes on.
///
/// One thread uses a meter at a time. Without pins the kernel removes the hooks when the process ends.
public final class Meter {
    /// Identity of the counters: random, and as old as they are.
    public var bootID: UInt128 { journal.bootID }
    /// Number of the last committed drain; the first drain is 1.
    public var committed: UInt64 { journal.committed }
    /// Number of the drain that was read and not committed, if there is one.
    public var pending: UInt64? { journal.taken > journal.committed ? journal.taken : nil }
    /// Flows that fit at one time: those of the pinned maps, where there are any, else what was configured.
    public var capacity: UInt32 { object.capacity }
    /// How much of the kernel's own structures the program reads.
    public var detail: KernelDetail { object.detail }
    /// Why it does not read as much as was configured: the kernel's own reasons, empty if it does.
    public var refusals: [String] { object.refusals }

    private let object: BPFObject
    private let journal: Journal
    private let slots: SlotTable
    private let losses: LossCounters
    private let pins: PinDirectory?
    private var links: [BPFLink] = []

    /// Loads the kernel program and attaches it to the cgroup, beside other programs; or takes up pinned maps and
    /// hooks.
    ///
    /// - Throws: ``CaptureError``, with the kernel's own reason, if the cgroup cannot be opened, the process lacks
    ///   a capability, or the kernel refuses the program.
    public init(_ configuration: MeterConfiguration) throws(CaptureError) {
        guard MeterConfiguration.capacityRange.contains(configuration.flowCapacity) else {
            throw CaptureError(.refused, "a flow capacity of \(configuration.flowCapacity) is not in 1...16777216")
        }
        if let directory = configuration.pinDirectory {
            pins = try PinDirectory(root: directory)
        } else {
            pins = nil
        }
        object = try BPFObject(
            capacity: configuration.flowCapacity,
            ownerQuota: configuration.ownerQuota ?? max(1, configuration.flowCapacity / 2),
            detail: configuration.detail,
            pins: pins
        )
        journal = try Journal(object: object)
        slots = try SlotTable(
            object: object,
            journal: journal,
            capacity: object.capacity,
            idleDrains: max(1, configuration.idleDrains)
        )
        losses = try LossCounters(object: object, journal: journal)
        if object.isNew { journal.begin() }
        try attach(to: configuration.cgroupRoot)
    }

    private func attach(to path: String) throws(CaptureError) {
        let cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard cgroup >= 0 else { throw BPFObject.error(errno, "the cgroup \(path) cannot be opened") }
        defer { close(cgroup) }
        for program in Direction.allCases.map(\.program) + ["watch_close"] {
            links.append(try object.attach(program, cgroup: cgroup))
        }
    }

    /// What was counted since the last committed drain, as drain number ``committed`` + 1.
    ///
    /// After ``detach()`` it still returns what was counted before.
    ///
    /// - Throws: ``CaptureError`` if the kernel's maps cannot be read; nothing is lost, the next drain returns it.
    public func drain() throws(CaptureError) -> Drain {
        let drain = Drain(
            flows: try slots.drain(),
            losses: try losses.drain(),
            maps: [MapUse(name: "flows", entries: UInt64(slots.live), capacity: UInt64(capacity))]
        )
        journal.take()
        return drain
    }

    /// Makes the pending drain final: its bytes are safe elsewhere.
    ///
    /// Does nothing if none is pending.
    ///
    /// - Throws: ``CaptureError`` if a slot cannot be given back; the drain is final all the same.
    public func commit() throws(CaptureError) {
        guard pending != nil else { return }
        journal.commit()
        try slots.commit()
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
        try pins?.remove()
    }

    /// The program that counts `direction`, for running it on crafted packets.
    func hook(_ direction: Direction) throws(CaptureError) -> HookRun {
        HookRun(program: try object.program(direction.program), name: direction.program)
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
