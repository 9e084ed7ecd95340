// SPDX-License-Identifier: Apache-2.0
import CFlow
import CFlowObject
import CLibBPF
import Glibc
import Traffic

/// Owns the loaded BPF object: its maps and its programs.
///
/// `deinit` releases all of them.
final class BPFObject: MapSource {
    /// True if the maps were made by this process, false if they were found pinned.
    let isNew: Bool

    /// How much of the kernel's own structures the program reads.
    let detail: KernelDetail
    /// Why the kernel refused to have more read, one entry for each ``KernelDetail`` that it refused.
    let refusals: [String]

    private let object: OpaquePointer
    private let pins: PinDirectory?

    /// Pinned maps with room for as many flows as are configured.
    static let sizedMaps = [
        "slots", "readings", "flow_index", "free_slots", "reserve_slots", "datagram_peers",
        "sources",
    ]
    /// Pinned maps of one size.
    static let fixedMaps = ["journal", "losses", "places", "sockets", "taken_slots", "freed_slots"]

    /// Loads the embedded program, with the maps that are pinned or else with new ones for `capacity` flows.
    ///
    /// `layout` is the program's own; `ownerQuota` is how many of the flows may be one cgroup's; `detail` is the most that is tried.
    init(
        capacity: UInt32,
        ownerQuota: UInt32,
        services: [CIDR],
        detail most: KernelDetail,
        layout: MapLayout,
        pins: PinDirectory?
    ) throws(CaptureError) {
        // Pins that were never finished hold nothing.
        isNew = if let pins { try PinnedMaps(pins) == nil } else { true }
        if isNew, let pins {
            try pins.removeMaps()
            try PinnedMaps.describe(pins, layout)
        }
        self.pins = pins
        var refusals: [String] = []
        for detail in KernelDetail.allCases.drop(while: { $0 != most }) {
            do {
                object = try Self.load(
                    detail,
                    capacity: capacity,
                    ownerQuota: ownerQuota,
                    services: services,
                    pins: pins
                )
                self.detail = detail
                self.refusals = refusals
                return
            } catch {
                // The last one needs the least, so its failure is the one to mend.
                if detail == .none { throw error }
                refusals.append(error.description)
            }
        }
        throw CaptureError(.refused, "there is no BPF program for \(most)")
    }

    private static func load(
        _ detail: KernelDetail,
        capacity: UInt32,
        ownerQuota: UInt32,
        services: [CIDR],
        pins: PinDirectory?
    ) throws(CaptureError) -> OpaquePointer {
        BPFLog.capture()
        let embedded = flow_object(detail != .none)
        guard let object = bpf_object__open_mem(embedded.bytes, Int(embedded.size), nil)
        else { throw CaptureError(.refused, "the embedded BPF object cannot be read: \(BPFLog.text)") }
        do throws(CaptureError) {
            for name in sizedMaps {
                let status = bpf_map__set_max_entries(try find(name, in: object), capacity)
                guard status == 0 else {
                    throw error(-status, "the size of the BPF map \(name) cannot be set to \(capacity)")
                }
            }
            var config = flow_config(
                owner_quota: ownerQuota,
                kernel_context: detail == .packets ? 1 : 0,
                has_services: services.isEmpty ? 0 : 1
            )
            let constants = try find(".rodata", in: object)
            let configured = bpf_map__set_initial_value(constants, &config, MemoryLayout<flow_config>.size)
            guard configured == 0 else { throw error(-configured, "the BPF program cannot be configured") }
            if let pins {
                for name in sizedMaps + fixedMaps {
                    let status = bpf_map__set_pin_path(try find(name, in: object), pins.map(name))
                    guard status == 0 else { throw error(-status, "the BPF map \(name) cannot be pinned") }
                }
            }
            let loaded = bpf_object__load(object)
            guard loaded == 0 else { throw error(-loaded, "the kernel refused the BPF program") }
            try fill(services, into: object)
        } catch {
            bpf_object__close(object)
            throw error
        }
        return object
    }

    deinit {
        bpf_object__close(object)
    }

    /// Tells the program which addresses are services'.
    private static func fill(_ services: [CIDR], into object: OpaquePointer) throws(CaptureError) {
        let map = bpf_map__fd(try find("services", in: object))
        for block in services {
            let fixed = block.base.isIPv4 ? 96 + block.prefixLength : block.prefixLength
            var key = flow_service()
            key.prefix_length = UInt32(fixed)
            withUnsafeMutableBytes(of: &key.address) { address in
                withUnsafeBytes(of: block.base.bits.bigEndian) { address.copyMemory(from: $0) }
            }
            var value: UInt32 = 1
            let status = bpf_map_update_elem(map, &key, &value, UInt64(BPF_ANY))
            guard status == 0 else {
                throw Self.error(-status, "the service block \(block) cannot be told the program")
            }
        }
    }

    /// The map called `name`, before or after loading.
    static func find(_ name: String, in object: OpaquePointer) throws(CaptureError) -> OpaquePointer {
        if let map = bpf_object__find_map_by_name(object, name) { return map }
        throw CaptureError(
            .refused,
            "the embedded BPF object has no map \(name): it is older than the program; run make"
        )
    }

    func unreadable(_ what: String) -> CaptureError {
        CaptureError(.refused, "the embedded BPF object has no \(what): it is older than the program; run make")
    }

    /// File descriptor of the map called `name`, owned by the object.
    func map(_ name: String) throws(CaptureError) -> CInt {
        let descriptor = bpf_object__find_map_fd_by_name(object, name)
        guard descriptor >= 0 else { throw Self.error(-descriptor, "the BPF object has no map \(name)") }
        return descriptor
    }

    /// File descriptor of the program called `name`, owned by the object.
    func program(_ name: String) throws(CaptureError) -> CInt {
        let descriptor = bpf_program__fd(bpf_object__find_program_by_name(object, name))
        guard descriptor >= 0 else { throw Self.error(-descriptor, "the BPF object has no program \(name)") }
        return descriptor
    }

    /// Attaches the program called `name` to a cgroup, beside whatever is attached already.
    ///
    /// Where the hook is pinned, this program takes the place of the one that is there, with no packet between
    /// them. A hook that is not pinned ends with the link or with the process, however it ends.
    func attach(_ name: String, cgroup: CInt) throws(CaptureError) -> BPFLink {
        let program = bpf_object__find_program_by_name(object, name)
        let pin = pins?.hook(name)
        if let pin, let link = bpf_link__open(pin) {
            let status = bpf_link__update_program(link, program)
            guard status == 0 else { throw Self.error(-status, "the pinned hook \(pin) cannot be replaced") }
            return BPFLink(link, pin: pin)
        }
        guard let link = bpf_program__attach_cgroup(program, cgroup) else {
            throw Self.error(errno, "the BPF program \(name) cannot be attached to the cgroup")
        }
        if let pin {
            let status = bpf_link__pin(link, pin)
            guard status == 0 else { throw Self.error(-status, "the hook \(name) cannot be pinned") }
        }
        return BPFLink(link, pin: pin)
    }

    /// An error that names the system's reason and, for the usual ones, the remedy.
    static func error(_ code: CInt, _ what: String) -> CaptureError {
        let reason = String(cString: strerror(code))
        if code == EPERM || code == EACCES {
            return CaptureError(
                .notPermitted,
                "\(what): \(reason). Run as root, or with CAP_BPF and CAP_NET_ADMIN (and CAP_PERFMON for all detail)"
            )
        }
        let log = BPFLog.text
        return CaptureError(.refused, log.isEmpty ? "\(what): \(reason)" : "\(what): \(reason)\n\(log)")
    }
}
