// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing
import Traffic

/// Who started, where there are no connections: whoever sent the first datagram between two ports.
@Suite(.serialized, .whereMeteringWorks) struct DatagramRoleTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// A name server's answers, whatever the size of the question, are the clients' doing.
    @Test func repliesAreTheClientsDoing() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        try await Metering.expectTheWire("UDP requests and replies", lab) {
            for (number, form) in TrafficExchange.Form.allCases.enumerated() {
                for (client, server) in [(0, 1), (1, 0)] {
                    let service = try lab.service(form, at: server, port: UInt16(5000 + number))
                    for kind in WireLab.Client.allCases {
                        for request in [0, 1, 512, 1400] {
                            let requests = [request, request]
                            try lab.ask(
                                service,
                                form,
                                from: client,
                                at: server,
                                as: kind,
                                requests: requests,
                                reply: 1200
                            )
                        }
                    }
                }
            }
        }
    }

    /// As QUIC does: one socket for hundreds of clients, most bytes go out, and a client's port changes on the way.
    @Test func aBusyServersBytesAreItsClientsDoing() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        try await Metering.expectTheWire("one UDP socket for 200 clients", lab) {
            let service = try lab.service(.v6, port: 443)
            for _ in 0..<100 {
                for _ in 0..<2 {
                    let client = try lab.open(0, .v6, SOCK_DGRAM)
                    try client.connect(Endpoint(lab.hosts[1].v6, 443))
                    try client.send(1200)
                    let peer = try service.receive().from
                    for _ in 0..<3 { try service.send(1252, to: peer) }
                    for _ in 0..<3 { try client.receive() }
                }
            }
        }
    }

    /// A resolver's one socket answers clients and asks other servers: each flow has the side that started it.
    @Test func oneSocketPlaysBothRoles() async throws {
        let lab = try WireLab(east: ["client", "upstream"])
        defer { lab.remove() }
        for form in TrafficExchange.Form.allCases { try await expectBothRoles(lab, form) }
    }

    private func expectBothRoles(_ lab: WireLab, _ form: TrafficExchange.Form) async throws {
        let metering = try Metering(lab)
        let (resolver, client, upstream) = (0, 1, 2)
        let service = try lab.service(form, at: resolver, port: 5353)
        let authority = try lab.service(form, at: upstream, port: 53)
        for _ in 0..<5 {
            let asking = try lab.open(client, form, SOCK_DGRAM)
            try asking.send(40, to: Endpoint(lab.hosts[resolver].address(form), 5353))
            let asker = try service.receive().from
            try service.send(50, to: Endpoint(lab.hosts[upstream].address(form), 53))
            let forwarder = try authority.receive().from
            try authority.send(400, to: forwarder)
            try service.receive()
            try service.send(390, to: asker)
            try asking.receive()
        }
        let (metered, _, losses) = try await metering.finish()
        #expect(losses.isEmpty)
        let header: UInt64 = form == .v6 ? 48 : 28
        let exchange = { (request: UInt64, reply: UInt64) in
            (
                PacketCount(bytes: 5 * (request + header), packets: 5),
                PacketCount(bytes: 5 * (reply + header), packets: 5)
            )
        }
        let ((question, answer), (forwarded, found)) = (exchange(40, 390), exchange(50, 400))
        let account = { (host: Int, remote: Int, port: UInt16, initiator: Initiator) in
            WireAccount(
                host: host,
                remote: lab.hosts[remote].address(form),
                servicePort: port,
                ipProtocol: .udp,
                initiator: initiator
            )
        }
        #expect(
            metered == [
                account(resolver, client, 5353, .remote): FlowCounters(sent: answer, received: question),
                account(client, resolver, 5353, .pod): FlowCounters(sent: question, received: answer),
                account(resolver, upstream, 53, .pod): FlowCounters(sent: forwarded, received: found),
                account(upstream, resolver, 53, .remote): FlowCounters(sent: found, received: forwarded),
            ]
        )
    }
}
