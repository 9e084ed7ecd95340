// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import Glibc

/// Something that the kernel program needs, and that can be asked for without loading it.
public enum KernelFeature: String, CaseIterable, Sendable {
    case packetPrograms = "cgroup_skb programs"
    case socketPrograms = "sockops programs"
    case owner = "bpf_skb_cgroup_id in cgroup_skb"
    case fullSocket = "bpf_sk_fullsock in cgroup_skb"
    case packetBytes = "bpf_skb_load_bytes in cgroup_skb"
    case listeners = "bpf_sk_lookup_tcp in cgroup_skb"
    case socketStorage = "bpf_sk_storage_get in cgroup_skb"
    case socketStorageAtClose = "bpf_sk_storage_get in sockops"
    case closeCallback = "bpf_sock_ops_cb_flags_set in sockops"
    case stacks = "stack maps"
    case recentMaps = "LRU hash maps"
    case socketMaps = "socket storage maps"
    case sharedArrays = "arrays in shared memory"

    /// True if the running kernel has it, `nil` if it did not let itself be asked.
    ///
    /// Ask ``KernelAccess`` first: without privilege everything seems to be missing.
    public func probe() -> Bool? {
        BPFLog.capture()
        return switch self {
        case .packetPrograms: Self.answer(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_CGROUP_SKB, nil))
        case .socketPrograms: Self.answer(libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SOCK_OPS, nil))
        case .owner: Self.packetHelper(BPF_FUNC_skb_cgroup_id)
        case .fullSocket: Self.packetHelper(BPF_FUNC_sk_fullsock)
        case .packetBytes: Self.packetHelper(BPF_FUNC_skb_load_bytes)
        case .listeners: Self.packetHelper(BPF_FUNC_sk_lookup_tcp)
        case .socketStorage: Self.packetHelper(BPF_FUNC_sk_storage_get)
        case .socketStorageAtClose: Self.socketHelper(BPF_FUNC_sk_storage_get)
        case .closeCallback: Self.socketHelper(BPF_FUNC_sock_ops_cb_flags_set)
        case .stacks: Self.answer(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_STACK, nil))
        case .recentMaps: Self.answer(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_LRU_HASH, nil))
        case .socketMaps: Self.answer(libbpf_probe_bpf_map_type(BPF_MAP_TYPE_SK_STORAGE, nil))
        case .sharedArrays: Self.canShareArrays()
        }
    }

    private static func packetHelper(_ helper: bpf_func_id) -> Bool? {
        answer(libbpf_probe_bpf_helper(BPF_PROG_TYPE_CGROUP_SKB, helper, nil))
    }

    private static func socketHelper(_ helper: bpf_func_id) -> Bool? {
        answer(libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCK_OPS, helper, nil))
    }

    /// What a probe of libbpf returned: 1, 0, or a negative errno.
    private static func answer(_ status: CInt) -> Bool? {
        status < 0 ? nil : status == 1
    }

    private static func canShareArrays() -> Bool {
        var options = bpf_map_create_opts()
        options.sz = MemoryLayout<bpf_map_create_opts>.size
        options.map_flags = UInt32(BPF_F_MMAPABLE)
        let map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "doctor", 4, 64, 1, &options)
        guard map >= 0 else { return false }
        defer { close(map) }
        let memory = mmap(nil, 64, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0)
        guard let memory, memory != MAP_FAILED else { return false }
        munmap(memory, 64)
        return true
    }
}
