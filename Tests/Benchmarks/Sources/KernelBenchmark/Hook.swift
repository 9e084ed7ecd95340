// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Instruments

/// Where the kernel runs a program for a cgroup's sockets.
enum Hook: String, CaseIterable {
    /// A packet that a socket sends.
    case egress
    /// A packet that a socket receives.
    case ingress
    /// Something happened to a TCP connection.
    case sockops

    private var type: bpf_attach_type {
        switch self {
        case .egress: BPF_CGROUP_INET_EGRESS
        case .ingress: BPF_CGROUP_INET_INGRESS
        case .sockops: BPF_CGROUP_SOCK_OPS
        }
    }

    /// Ids of the programs that are attached to the cgroup behind `cgroup`; with `inherited`, of those above it too.
    func programs(of cgroup: Int32, inherited: Bool = false) throws(BenchmarkError) -> [UInt32] {
        var ids = [UInt32](repeating: 0, count: 64)
        var count = UInt32(ids.count)
        let flags: UInt32 = inherited ? UInt32(BPF_F_QUERY_EFFECTIVE) : 0
        guard bpf_prog_query(cgroup, type, flags, nil, &ids, &count) == 0 else {
            throw BenchmarkError(system: "the programs of a cgroup cannot be listed")
        }
        return Array(ids.prefix(Int(count)))
    }

    /// Attaches the program behind `program` to the cgroup behind `cgroup`, as long as the descriptor is open.
    func attach(_ program: Int32, to cgroup: Int32) throws(BenchmarkError) -> Int32 {
        let link = bpf_link_create(program, cgroup, type, nil)
        guard link >= 0 else { throw BenchmarkError(system: "a program cannot be attached") }
        return link
    }

    /// A program that allows everything and does nothing else: two instructions.
    func emptyProgram() throws(BenchmarkError) -> Int32 {
        var result = bpf_insn()
        result.code = UInt8(BPF_ALU64 | BPF_MOV | BPF_K)
        result.imm = 1
        var end = bpf_insn()
        end.code = UInt8(BPF_JMP | BPF_EXIT)
        let instructions = [result, end]
        var options = bpf_prog_load_opts()
        options.sz = MemoryLayout<bpf_prog_load_opts>.size
        options.expected_attach_type = type
        let kind = self == .sockops ? BPF_PROG_TYPE_SOCK_OPS : BPF_PROG_TYPE_CGROUP_SKB
        let program = bpf_prog_load(kind, "empty", "GPL", instructions, instructions.count, &options)
        guard program >= 0 else { throw BenchmarkError(system: "the empty program is refused") }
        return program
    }
}
