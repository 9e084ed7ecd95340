// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc

/// How the kernel answers this process when it asks for BPF.
public enum KernelAccess: Hashable, Sendable {
    /// It made a map and loaded a program.
    ///
    /// - Parameters:
    ///   - isCompiled: True if the program runs as machine code, `nil` if the kernel does not tell.
    ///   - chargesCgroups: True if maps are charged to the memory of the process's cgroup; else they are limited by
    ///     `ulimit -l`.
    case granted(isCompiled: Bool?, chargesCgroups: Bool)
    /// The kernel was built without the BPF system call, or a filter hides it.
    case absent
    /// The process may not.
    case refused(reason: String)

    /// Asks the kernel, with the smallest map and the smallest program for cgroups.
    public static func probe() -> KernelAccess {
        BPFLog.capture()
        let map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "doctor", 4, 8, 1, nil)
        guard map >= 0 else { return failure(-map) }
        close(map)
        // r0 = 1; exit
        let instructions = [
            bpf_insn(code: 0xb7, dst_reg: 0, src_reg: 0, off: 0, imm: 1),
            bpf_insn(code: 0x95, dst_reg: 0, src_reg: 0, off: 0, imm: 0),
        ]
        let program = bpf_prog_load(
            BPF_PROG_TYPE_CGROUP_SKB,
            "doctor",
            "GPL",
            instructions,
            instructions.count,
            nil
        )
        guard program >= 0 else { return failure(-program) }
        defer { close(program) }
        var info = bpf_prog_info()
        var size = UInt32(MemoryLayout<bpf_prog_info>.size)
        let told = bpf_obj_get_info_by_fd(program, &info, &size) == 0 && info.xlated_prog_len > 0
        return .granted(
            isCompiled: told ? info.jited_prog_len > 0 : nil,
            // The helper came with the release that began to charge them, 5.11.
            chargesCgroups: libbpf_probe_bpf_helper(
                BPF_PROG_TYPE_SOCKET_FILTER,
                BPF_FUNC_ktime_get_coarse_ns,
                nil
            ) == 1
        )
    }

    private static func failure(_ code: CInt) -> KernelAccess {
        code == ENOSYS ? .absent : .refused(reason: String(cString: strerror(code)))
    }
}
