// SPDX-License-Identifier: Apache-2.0
public import Traffic

extension FlowCounters {
    /// Counters of a side that sent and received this.
    public init(sent: PacketCount = .zero, received: PacketCount = .zero) {
        self.init(
            egressBytes: sent.bytes,
            ingressBytes: received.bytes,
            egressPackets: sent.packets,
            ingressPackets: received.packets
        )
    }
}
