// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Traffic

/// The local ends of connections to services, by the slots of their flows.
struct LocalEnds {
    private let map: CInt
    private let valueSize: Int
    private let local: MapField?
    private let localPort: MapField?

    /// Those in the kernel's map `map`; none if there is no such map.
    init(map: CInt, layout: MapLayout) {
        self.map = map
        // -1 is no map, and has no size.
        valueSize = bpf_map_info(of: map).map { Int($0.value_size) } ?? 0
        let fits = layout.length("sources") <= valueSize
        local = fits ? layout.bits("sources.local") : nil
        localPort = fits ? layout.integer("sources.local_port") : nil
    }

    /// The local end of the flow in slot `number`; `nil` if its key does not lead to a service.
    func end(of key: flow_key, in number: Int) -> SocketEnd? {
        guard key.traits & UInt8(FLOW_TO_SERVICE) != 0, let local, let localPort else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: valueSize, alignment: 8) { value in
            var slot = UInt32(number)
            guard let value = value.baseAddress, bpf_map_lookup_elem(map, &slot, value) == 0 else { return nil }
            return SocketEnd(
                address: IPAddress(bits: local.bits(in: value)),
                port: UInt16(truncatingIfNeeded: localPort.integer(in: value))
            )
        }
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
