// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Traffic

/// The local ends of connections to services, by the slots of their flows.
struct LocalEnds {
    private let map: CInt

    /// Those in the kernel's map `map`.
    init(map: CInt) {
        self.map = map
    }

    /// The local end of the flow in slot `number`; `nil` if its key does not lead to a service.
    func end(of key: flow_key, in number: Int) -> SocketEnd? {
        guard key.traits & UInt8(FLOW_TO_SERVICE) != 0 else { return nil }
        var slot = UInt32(number)
        var source = flow_source()
        guard bpf_map_lookup_elem(map, &slot, &source) == 0 else { return nil }
        let local = withUnsafeBytes(of: source.local) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
        return SocketEnd(address: IPAddress(bits: local), port: source.local_port)
    }

    /// The key under which the index has the flow in slot `number`, whose own key holds its generation.
    func indexKey(_ key: flow_key, in number: Int) -> flow_key {
        var key = key
        key.reserved = UInt32(end(of: key, in: number)?.port ?? 0)
        return key
    }

    /// Forgets the slot's local end, when nobody reads the slot any more.
    func remove(_ key: flow_key, in number: Int) {
        guard key.traits & UInt8(FLOW_TO_SERVICE) != 0 else { return }
        var slot = UInt32(number)
        // Gone already, if a process was killed between this and what follows.
        _ = bpf_map_delete_elem(map, &slot)
    }
}
