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

    /// Runs one hook on a crafted packet, as the kernel's `BPF_PROG_TEST_RUN` does: for tests.
    ///
    /// - Parameter packet: The packet from its IP header on.
    /// - Returns: What the hook answered; 1 is "allow".
    func run(_ direction: Direction, packet: [UInt8], context: __sk_buff? = nil) throws(CaptureError) -> UInt32 {
        // The kernel takes an Ethernet frame and strips the header before a cgroup_skb program sees it.
        let etherType: [UInt8] = packet.first.map { $0 >> 4 } == 6 ? [0x86, 0xdd] : [0x08, 0x00]
        let frame = [UInt8](repeating: 0, count: 12) + etherType + packet
        var context = context ?? __sk_buff()
        var options = bpf_test_run_opts()
        options.sz = MemoryLayout<bpf_test_run_opts>.size
        let program = try object.program(direction.program)
        let status = frame.withUnsafeBytes { bytes in
            withUnsafeMutablePointer(to: &context) { context in
                options.data_in = bytes.baseAddress
                options.data_size_in = UInt32(bytes.count)
                options.ctx_in = UnsafeRawPointer(context)
                options.ctx_size_in = UInt32(MemoryLayout<__sk_buff>.size)
                options.repeat = 1
                return bpf_prog_test_run_opts(program, &options)
            }
        }
        guard status == 0 else { throw BPFObject.error(-status, "the test run of \(direction.program) failed") }
        return options.retval
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
