// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc
import Traffic

/// The kernel meter: counts the bytes of every socket below a cgroup until it is detached or deallocated.
///
/// One thread uses it at a time. If the process ends without ``detach()``, however it ends, the kernel removes the
/// hooks by itself.
public final class Meter {
    private let object: BPFObject
    private let slots: SlotTable
    private let losses: LossCounters
    private let capacity: UInt32
    private var links: [BPFLink] = []

    /// Loads the kernel program and attaches it to the cgroup, beside other programs.
    ///
    /// - Throws: ``CaptureError``, with the kernel's own reason, if the cgroup cannot be opened, the process lacks
    ///   a capability, or the kernel refuses the program.
    public init(_ configuration: MeterConfiguration) throws(CaptureError) {
        guard MeterConfiguration.capacityRange.contains(configuration.flowCapacity) else {
            throw CaptureError(.refused, "a flow capacity of \(configuration.flowCapacity) is not in 1...16777216")
        }
        capacity = configuration.flowCapacity
        object = try BPFObject(capacity: capacity)
        slots = try SlotTable(
            object: object,
            capacity: capacity,
            idleDrains: max(1, configuration.idleDrains)
        )
        losses = try LossCounters(object: object)
        try attach(to: configuration.cgroupRoot)
    }

    private func attach(to path: String) throws(CaptureError) {
        let cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard cgroup >= 0 else { throw BPFObject.error(errno, "the cgroup \(path) cannot be opened") }
        defer { close(cgroup) }
        for program in Direction.allCases.map(\.program) {
            links.append(try object.attach(program, cgroup: cgroup))
        }
    }

    /// What was counted since the last drain.
    ///
    /// After ``detach()`` it still returns what was counted before.
    ///
    /// - Throws: ``CaptureError`` if the kernel's maps cannot be read; nothing is lost, the next drain returns it.
    public func drain() throws(CaptureError) -> Drain {
        Drain(
            flows: try slots.drain(),
            losses: try losses.drain(),
            maps: [MapUse(name: "flows", entries: UInt64(slots.live), capacity: UInt64(capacity))]
        )
    }

    /// Removes the hooks.
    ///
    /// Sockets are not touched; what was counted can still be drained. Does nothing when called again.
    public func detach() {
        links.removeAll()
        // A program that was running when its hook went still counts: let it end, so that the last drain has it all.
        _ = netledger_wait_for_programs()
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
