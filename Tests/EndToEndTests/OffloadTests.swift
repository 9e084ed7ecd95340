// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

/// Super-packets are booked as what crosses the wire, whatever the network card and the stack do about them.
@Suite(.serialized, .whereMeteringWorks) struct OffloadTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// Bulk in both directions at once.
    @Test(arguments: [1500, 9000])
    func tcpBulkIsTheWire(mtu: Int) async throws {
        try await withEachOffload("TCP bulk", mtu: mtu) { lab in
            for (number, form) in TrafficExchange.Form.allCases.enumerated() {
                let connection = try lab.connection(form, port: UInt16(5000 + number))
                try lab.finish(connection, count: 1_000_000, reply: 700_000, .clientFirst)
            }
        }
    }

    /// One call sends 14 datagrams; the receiver takes them one by one, or merged.
    @Test func segmentedDatagramsAreTheWire() async throws {
        try await withEachOffload("UDP super-packets", mtu: 1500) { lab in
            for (number, form) in TrafficExchange.Form.allCases.enumerated() {
                for merged in [false, true] {
                    let service = try lab.service(form, port: UInt16(5100 + 2 * number + (merged ? 1 : 0)))
                    let (udp, gro): (Int32, Int32) = (17, 104)
                    if merged { try service.set(udp, gro, to: 1) }
                    try lab.sendSegmented(to: service, form, size: 1400, count: 20)
                    try lab.sendSegmented(to: service, form, size: 33, count: 20)
                }
            }
        }
    }

    /// Runs `traffic` with each combination of offloads at both hosts, and expects the wire.
    private func withEachOffload(_ name: String, mtu: Int, _ traffic: (WireLab) throws -> Void) async throws {
        let lab = try WireLab(mtu: mtu)
        defer { lab.remove() }
        for (segmentation, merging) in [(false, false), (true, false), (false, true), (true, true)] {
            for host in [0, 1] { try lab.offload(host, segmentation: segmentation, merging: merging) }
            let label = "\(name), MTU \(mtu), segmentation \(segmentation), merging \(merging)"
            let before = (try lab.stackPackets(0), try lab.stackPackets(1), try lab.wire.read())
            try await Metering.expectTheWire(label, lab) { try traffic(lab) }
            let after = (try lab.stackPackets(0), try lab.stackPackets(1), try lab.wire.read())
            let crossed = after.2.since(before.2).total.packets
            let sent = after.0.sent - before.0.sent + after.1.sent - before.1.sent
            let received = after.0.received - before.0.received + after.1.received - before.1.received
            #expect(sent < crossed / 2, "\(label): no super-packets were sent")
            #expect((received < crossed * 9 / 10) == merging, "\(label): \(received) skbs for \(crossed) packets")
        }
    }
}
