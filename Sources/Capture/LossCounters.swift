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
    private var before: [FlowCounters]

    /// Names of `enum flow_loss`, in its order.
    static let reasons = ["no_socket", "malformed", "map_full", "raw_socket_copy"]

    init(object: BPFObject) throws(CaptureError) {
        map = try object.map("losses")
        let processors = libbpf_num_possible_cpus()
        guard processors > 0 else { throw BPFObject.error(-processors, "the number of processors is not known") }
        self.processors = Int(processors)
        before = Array(repeating: .zero, count: Self.reasons.count)
    }

    /// What was added since the last call; reasons without new packets are left out.
    func drain() throws(CaptureError) -> [Loss] {
        var losses: [Loss] = []
        for (reason, name) in Self.reasons.enumerated() {
            let egress = try total(reason, FLOW_EGRESS)
            let ingress = try total(reason, FLOW_INGRESS)
            let now = FlowCounters(
                egressBytes: egress.bytes,
                ingressBytes: ingress.bytes,
                egressPackets: egress.packets,
                ingressPackets: ingress.packets
            )
            let growth = now.growth(since: before[reason])
            before[reason] = now
            if !growth.isZero { losses.append(Loss(reason: name, counters: growth)) }
        }
        return losses
    }

    /// Sum over all processors.
    private func total(_ reason: Int, _ direction: flow_direction) throws(CaptureError) -> flow_loss_counters {
        var key = UInt32(reason) * FLOW_DIRECTIONS.rawValue + direction.rawValue
        var values = Array(repeating: flow_loss_counters(), count: processors)
        let status = bpf_map_lookup_elem(map, &key, &values)
        guard status == 0 else { throw BPFObject.error(-status, "the loss counters cannot be read") }
        return values.reduce(into: flow_loss_counters()) {
            $0.bytes += $1.bytes
            $0.packets += $1.packets
        }
    }
}
