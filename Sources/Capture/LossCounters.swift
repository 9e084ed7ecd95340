// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Traffic

/// The kernel's counters of bytes that are in no flow, by reason.
///
/// One thread uses it at a time.
final class LossCounters {
    private let map: CInt
    private let processors: Int
    private let journal: Journal

    /// Names of `enum flow_loss`, in its order.
    static let reasons = ["no_socket", "malformed", "map_full", "raw_socket_copy"]

    init(maps: some MapSource, journal: Journal) throws(CaptureError) {
        self.journal = journal
        map = try maps.map("losses")
        let processors = libbpf_num_possible_cpus()
        guard processors > 0 else { throw BPFObject.error(-processors, "the number of processors is not known") }
        self.processors = Int(processors)
    }

    /// What was added since the readings in force; reasons without new packets are left out.
    func drain() throws(CaptureError) -> [Loss] {
        var now: [flow_loss_counters] = []
        for key in 0..<FLOW_LOSSES.rawValue * FLOW_DIRECTIONS.rawValue { now.append(try total(key)) }
        let before = journal[lossesOfParity: journal.inForce]
        journal[lossesOfParity: 1 - journal.inForce] = now
        return Self.reasons.indices.compactMap { reason in
            let egress = reason * Int(FLOW_DIRECTIONS.rawValue) + Int(FLOW_EGRESS.rawValue)
            let ingress = reason * Int(FLOW_DIRECTIONS.rawValue) + Int(FLOW_INGRESS.rawValue)
            let growth = FlowCounters(
                egressBytes: now[egress].bytes - before[egress].bytes,
                ingressBytes: now[ingress].bytes - before[ingress].bytes,
                egressPackets: now[egress].packets - before[egress].packets,
                ingressPackets: now[ingress].packets - before[ingress].packets
            )
            return growth.isZero ? nil : Loss(reason: Self.reasons[reason], counters: growth)
        }
    }

    /// Sum over all processors.
    private func total(_ key: UInt32) throws(CaptureError) -> flow_loss_counters {
        var key = key
        var values = Array(repeating: flow_loss_counters(), count: processors)
        let status = bpf_map_lookup_elem(map, &key, &values)
        guard status == 0 else { throw BPFObject.error(-status, "the loss counters cannot be read") }
        return values.reduce(into: flow_loss_counters()) {
            $0.bytes += $1.bytes
            $0.packets += $1.packets
        }
    }
}
