// SPDX-License-Identifier: Apache-2.0
import CFlow
import Traffic

extension KernelFlow {
    /// The flow behind a kernel key; `local` is its local end if the key leads to a service.
    init(_ key: flow_key, local: SocketEnd?, counters: FlowCounters) {
        let remote = withUnsafeBytes(of: key.remote) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) }
        self.init(
            cgroupID: key.cgroup_id,
            remote: IPAddress(bits: remote),
            servicePort: key.service_port,
            ipProtocol: IPProtocol(rawValue: key.protocol),
            initiator: Initiator(rawValue: key.traits & UInt8(FLOW_INITIATOR_MASK)) ?? .unknown,
            viaLoopback: key.traits & UInt8(FLOW_VIA_LOOPBACK) != 0,
            local: local,
            counters: counters
        )
    }
}

extension FlowCounters {
    /// The kernel's counters of a slot.
    init(_ counters: flow_counters) {
        self.init(
            egressBytes: counters.bytes.0,
            ingressBytes: counters.bytes.1,
            egressPackets: counters.packets.0,
            ingressPackets: counters.packets.1
        )
    }

    /// What was added since `earlier`, field by field; the counters only grow.
    func growth(since earlier: FlowCounters) -> FlowCounters {
        FlowCounters(
            egressBytes: egressBytes - earlier.egressBytes,
            ingressBytes: ingressBytes - earlier.ingressBytes,
            egressPackets: egressPackets - earlier.egressPackets,
            ingressPackets: ingressPackets - earlier.ingressPackets
        )
    }
}
