// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import Glibc
import Traffic

/// The kernel's counters of bytes that are in no flow, by reason.
///
/// One thread uses it at a time.
final class LossCounters {
    /// One reason and direction.
    private struct Counter {
        var bytes: UInt64
        var packets: UInt64
    }

    /// Where a ``Counter`` stands.
    private struct Fields {
        var bytes: MapField
        var packets: MapField

        init?(_ path: String, _ layout: MapLayout) {
            guard let bytes = layout.counter(path + ".bytes"), let packets = layout.counter(path + ".packets") else {
                return nil
            }
            (self.bytes, self.packets) = (bytes, packets)
        }

        func counter(in value: UnsafeRawPointer) -> Counter {
            Counter(bytes: bytes.integer(in: value), packets: packets.integer(in: value))
        }
    }

    private let map: CInt
    private let processors: Int
    /// Bytes from one processor's value to the next one's.
    private let stride: Int
    private let journal: Journal
    /// Names of the reasons that are counted.
    private let reasons: [String]
    private let now: Fields?
    /// In the journal: what drains of each parity have read, by number of the counter.
    private let read: [[Fields]]

    /// Names of `enum flow_loss`, in its order.
    static let reasons = ["no_socket", "malformed", "map_full", "raw_socket_copy"]

    /// Those in `maps`; none if the layout knows no losses.
    init(maps: some MapSource, layout: MapLayout, journal: Journal) throws(CaptureError) {
        self.journal = journal
        let directions = Int(FLOW_DIRECTIONS.rawValue)
        read = (0..<2)
            .map { parity in
                (0..<layout.reasons.count * directions)
                    .compactMap { Fields("journal.losses[\(parity)][\($0)]", layout) }
            }
        now = Fields("losses", layout)
        reasons = now == nil ? [] : Array(layout.reasons.prefix((read.map(\.count).min() ?? 0) / directions))
        guard !reasons.isEmpty else {
            (map, processors, stride) = (-1, 0, 0)
            return
        }
        map = try maps.map("losses")
        let processors = libbpf_num_possible_cpus()
        guard processors > 0 else { throw BPFObject.error(-processors, "the number of processors is not known") }
        self.processors = Int(processors)
        guard let info = bpf_map_info(of: map) else { throw BPFObject.error(errno, "the loss counters cannot be read") }
        stride = (Int(info.value_size) + 7) / 8 * 8
        guard layout.length("losses") <= stride else { throw maps.unreadable("fields of losses") }
    }

    /// What was added since the readings in force, which is noted as read by this drain; reasons without new packets
    /// are left out.
    func drain() throws(CaptureError) -> [Loss] {
        let totals = try totals()
        for (fields, total) in zip(read[1 - journal.inForce], totals) {
            fields.bytes.store(total.bytes, in: journal.value)
            fields.packets.store(total.packets, in: journal.value)
        }
        return growth(to: totals)
    }

    /// What was added since the readings in force; reasons without new packets are left out.
    func growth() throws(CaptureError) -> [Loss] {
        growth(to: try totals())
    }

    private func growth(to totals: [Counter]) -> [Loss] {
        let before = read[journal.inForce].map { $0.counter(in: journal.value) }
        return reasons.indices.compactMap { reason in
            let egress = reason * Int(FLOW_DIRECTIONS.rawValue) + Int(FLOW_EGRESS.rawValue)
            let ingress = reason * Int(FLOW_DIRECTIONS.rawValue) + Int(FLOW_INGRESS.rawValue)
            let growth = FlowCounters(
                egressBytes: totals[egress].bytes - before[egress].bytes,
                ingressBytes: totals[ingress].bytes - before[ingress].bytes,
                egressPackets: totals[egress].packets - before[egress].packets,
                ingressPackets: totals[ingress].packets - before[ingress].packets
            )
            return growth.isZero ? nil : Loss(reason: reasons[reason], counters: growth)
        }
    }

    /// Sums over all processors, by number of the counter.
    private func totals() throws(CaptureError) -> [Counter] {
        guard let now else { return [] }
        var totals: [Counter] = []
        var values = [UInt8](repeating: 0, count: processors * stride)
        for number in 0..<UInt32(reasons.count) * FLOW_DIRECTIONS.rawValue {
            var key = number
            let status = bpf_map_lookup_elem(map, &key, &values)
            guard status == 0 else { throw BPFObject.error(-status, "the loss counters cannot be read") }
            var total = Counter(bytes: 0, packets: 0)
            values.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return }
                for processor in 0..<processors {
                    let counter = now.counter(in: base + processor * stride)
                    total.bytes += counter.bytes
                    total.packets += counter.packets
                }
            }
            totals.append(total)
        }
        return totals
    }
}
