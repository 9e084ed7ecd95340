// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc

/// A place at a cgroup to which the meter's programs are attached, and others' may be.
public enum CgroupHook: String, CaseIterable, Sendable {
    case egress
    case ingress
    case sockops

    private var type: bpf_attach_type {
        switch self {
        case .egress: BPF_CGROUP_INET_EGRESS
        case .ingress: BPF_CGROUP_INET_INGRESS
        case .sockops: BPF_CGROUP_SOCK_OPS
        }
    }

    /// What is attached to the cgroup at `path` itself, in the order in which it runs.
    ///
    /// - Throws: ``CaptureError`` if the cgroup cannot be opened, or the kernel does not say.
    public func attachments(at path: String) throws(CaptureError) -> HookAttachments {
        BPFLog.capture()
        let cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard cgroup >= 0 else { throw BPFObject.error(errno, "the cgroup \(path) cannot be opened") }
        defer { close(cgroup) }
        var flags: UInt32 = 0
        // The kernel attaches at most 64 programs to one hook of one cgroup.
        var ids = [UInt32](repeating: 0, count: 64)
        var count = UInt32(ids.count)
        let status = bpf_prog_query(cgroup, type, 0, &flags, &ids, &count)
        guard status == 0 else {
            throw BPFObject.error(-status, "the kernel does not say what is attached to \(path) (\(rawValue))")
        }
        return HookAttachments(
            sharing: flags & UInt32(BPF_F_ALLOW_MULTI) != 0
                ? .multi : flags & UInt32(BPF_F_ALLOW_OVERRIDE) != 0 ? .override : .exclusive,
            programs: ids.prefix(Int(count)).map { HookAttachments.Program(id: $0, name: Self.name(of: $0)) }
        )
    }

    /// The kernel's name of a program, at most 15 characters; `nil` if it is not told.
    private static func name(of id: UInt32) -> String? {
        let program = bpf_prog_get_fd_by_id(id)
        guard program >= 0 else { return nil }
        defer { close(program) }
        var info = bpf_prog_info()
        var size = UInt32(MemoryLayout<bpf_prog_info>.size)
        guard bpf_obj_get_info_by_fd(program, &info, &size) == 0 else { return nil }
        return withUnsafeBytes(of: info.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

/// The programs at one hook of one cgroup.
public struct HookAttachments: Hashable, Sendable {
    /// How a hook is shared, as the first program that was attached there decided.
    public enum Sharing: Hashable, Sendable {
        /// All programs run, those of the cgroups above too.
        case multi
        /// One program, which yields to one further down.
        case override
        /// One program, and no other at or below this cgroup.
        case exclusive
    }

    /// One program.
    public struct Program: Hashable, Sendable {
        /// Its number in the kernel.
        public var id: UInt32
        /// The kernel's name of it; `nil` if this process may not know.
        public var name: String?

        /// The program numbered `id`.
        public init(id: UInt32, name: String?) {
            self.id = id
            self.name = name
        }
    }

    /// How the hook is shared; says nothing while no program is there.
    public var sharing: Sharing
    /// In the order in which they run.
    public var programs: [Program]

    /// These programs, sharing the hook like this.
    public init(sharing: Sharing, programs: [Program]) {
        self.sharing = sharing
        self.programs = programs
    }
}
