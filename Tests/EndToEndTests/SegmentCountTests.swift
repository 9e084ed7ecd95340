// SPDX-License-Identifier: Apache-2.0
import Capture
import Glibc
import TestSupport
import Testing
import Traffic

/// The meter against what TCP itself says it sent: a second instrument, and the only one on the loopback interface.
@Suite(.serialized, .whereMeteringWorks) struct SegmentCountTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// Across the wire, to a neighbour at the same bridge, and within one host.
    @Test func everySegmentIsCountedWithItsHeaders() async throws {
        let lab = try WireLab(west: ["pod", "neighbour"])
        defer { lab.remove() }
        for host in 0...2 { try lab.offload(host, segmentation: true, merging: true) }
        for (from, to) in [(0, 2), (0, 1), (0, 0)] {
            for form in [TrafficExchange.Form.v4, .v6] { try await expectEverySegment(lab, form, from: from, to: to) }
        }
    }

    private func expectEverySegment(_ lab: WireLab, _ form: TrafficExchange.Form, from: Int, to: Int) async throws {
        let metering = try Metering(lab)
        let (client, server) = try lab.connection(form, from: from, to: to, port: 5000)
        try client.exchange(2_000_000, with: server, reply: 1_000_000)

        // A delayed acknowledgement may come between the two readings: they must be of one moment.
        var statistics = (try client.statistics(), try server.statistics())
        var flows: [Initiator: FlowCounters] = [:]
        try await waitUntil("the connection is quiet") {
            statistics = (try client.statistics(), try server.statistics())
            flows = try metering.meter.drain().flows
                .reduce(into: [:]) { $0[$1.initiator, default: .zero] += $1.counters }
            return try statistics == (client.statistics(), server.statistics())
                && statistics.0.segmentsSent == statistics.1.segmentsReceived
        }
        let header: UInt64 = form == .v6 ? 72 : 52
        // A SYN has 8 bytes more of options than the rest; TCP_INFO does not count SYN-ACKs as sent.
        let sent = UInt64(statistics.0.segmentsSent)
        let answered = UInt64(statistics.1.segmentsSent) + 1
        let there = PacketCount(bytes: UInt64(statistics.0.bytesSent) + header * sent + 8, packets: sent)
        let back = PacketCount(bytes: UInt64(statistics.1.bytesSent) + header * answered + 8, packets: answered)
        #expect(flows[.pod] == FlowCounters(sent: there, received: back))
        #expect(flows[.remote] == FlowCounters(sent: back, received: there))
        try lab.finish((client, server), count: 0, reply: 0, .clientFirst)
        try await lab.settle()
        print("TCP_INFO: host \(from) to \(to), \(form): \(sent + answered) packets")
    }
}
