// SPDX-License-Identifier: Apache-2.0
import CFlowObject
import CLibBPF
import Glibc

/// Owns the loaded BPF object: its maps and its programs.
///
/// `deinit` releases all of them.
final class BPFObject {
    private let object: OpaquePointer

    /// Loads the embedded program with room for `capacity` flows.
    init(capacity: UInt32) throws(CaptureError) {
        BPFLog.capture()
        guard let object = bpf_object__open_mem(flow_object(), Int(flow_object_size()), nil)
        else { throw CaptureError(.refused, "the embedded BPF object cannot be read: \(BPFLog.text)") }
        self.object = object
        for name in ["slots", "flow_index", "free_slots", "datagram_peers"] {
            let status = bpf_map__set_max_entries(bpf_object__find_map_by_name(object, name), capacity)
            guard status == 0 else {
                throw Self.error(-status, "the size of the BPF map \(name) cannot be set to \(capacity)")
            }
        }
        let status = bpf_object__load(object)
        guard status == 0 else { throw Self.error(-status, "the kernel refused the BPF program") }
    }

    deinit {
        bpf_object__close(object)
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
    /// The kernel detaches it when the link is destroyed or the process ends, however it ends.
    func attach(_ name: String, cgroup: CInt) throws(CaptureError) -> BPFLink {
        guard let link = bpf_program__attach_cgroup(bpf_object__find_program_by_name(object, name), cgroup) else {
            throw Self.error(errno, "the BPF program \(name) cannot be attached to the cgroup")
        }
        return BPFLink(link)
    }

    /// An error that names the system's reason and, for the usual ones, the remedy.
    static func error(_ code: CInt, _ what: String) -> CaptureError {
        let reason = String(cString: strerror(code))
        if code == EPERM || code == EACCES {
            return CaptureError(
                .notPermitted,
                "\(what): \(reason). Run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"
            )
        }
        let log = BPFLog.text
        return CaptureError(.refused, log.isEmpty ? "\(what): \(reason)" : "\(what): \(reason)\n\(log)")
    }
}
