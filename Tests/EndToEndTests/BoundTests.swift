// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing
import Traffic

/// Packets that no hook sees: what is missing then, or too much, is exactly this and no more.
///
/// A difference that gets smaller fails here too: then say so where the bounds are told.
@Suite(.serialized, .whereMeteringWorks) struct BoundTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// A listener that answers with SYN cookies: its SYN-ACK has no socket, 60 bytes (IPv4) or 80 (IPv6).
    @Test func aSYNCookieIsMissing() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        for form in [TrafficExchange.Form.v4, .v6] {
            let metering = try Metering(lab)
            let listener = try lab.listener(form, port: 5000)
            // After the first answer that it sees, the meter relies on the hook.
            for cookies in [false] + Array(repeating: true, count: 20) {
                try lab.configure(1, ["sysctl", "-q", "net.ipv4.tcp_syncookies=\(cookies ? 2 : 1)"])
                try lab.finish(lab.connection(form, listener), count: 100, reply: 100, .halfClosed)
            }
            listener.close()
            try await metering.expectTheWire("SYN cookies, \(form)") { accounts in
                accounts[server(lab, form), default: .zero].egressBytes -= 20 * (form == .v6 ? 80 : 60)
                accounts[server(lab, form), default: .zero].egressPackets -= 20
            }
        }
    }

    /// A socket older than the meter that closes long before its peer: the peer's FIN and the last acknowledgement.
    @Test func theEndOfAnOlderConnectionIsMissing() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        for form in [TrafficExchange.Form.v4, .v6] {
            let listener = try lab.listener(form, port: 5000)
            let connection = try lab.connection(form, listener)
            let metering = try Metering(lab)
            try lab.finish(connection, count: 100, reply: 100, .clientLongBefore)
            let (metered, wire, _) = try await metering.finish()
            let header: UInt64 = form == .v6 ? 72 : 52
            let sum = { (accounts: WireAccounts, host: Int) in
                accounts.filter { $0.key.host == host }.values.reduce(into: FlowCounters.zero) { $0 += $1 }
            }
            var expected = sum(wire, 0)
            expected.egressBytes -= header
            expected.ingressBytes -= header
            expected.egressPackets -= 1
            expected.ingressPackets -= 1
            #expect(sum(metered, 0) == expected, "\(form)")
            #expect(sum(metered, 1) == sum(wire, 1), "\(form)")
        }
    }

    /// A remote that resets where a FIN was due: the acknowledgement that was counted was never sent.
    @Test func aResetInsteadOfTheLastFinIsCountedAsOne() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        let metering = try Metering(lab)
        for form in [TrafficExchange.Form.v4, .v6] {
            let (socket, peer) = try lab.connection(form, port: 5000)
            try socket.exchange(100, with: peer, reply: 100)
            socket.close()
            try peer.drain()
            try peer.acknowledge()
            try peer.reset()
        }
        try await metering.expectTheWire("a reset instead of a FIN") { accounts in
            for form in [TrafficExchange.Form.v4, .v6] {
                accounts[client(lab, form), default: .zero].egressBytes += form == .v6 ? 72 : 52
                accounts[client(lab, form), default: .zero].egressPackets += 1
            }
        }
    }

    /// Data for a socket that is closed meets a stand-in, which answers with a reset: neither is seen.
    @Test func dataForAClosedSocketIsMissing() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        let metering = try Metering(lab)
        for form in [TrafficExchange.Form.v4, .v6] {
            let (socket, peer) = try lab.connection(form, port: 5000)
            try socket.exchange(100, with: peer, reply: 100)
            socket.close()
            try peer.drain()
            try peer.acknowledge()
            try peer.send(1000)
            try await lab.settle()
            peer.close()
        }
        try await metering.expectTheWire("data for a closed socket") { accounts in
            for form in [TrafficExchange.Form.v4, .v6] {
                // The FIN and the acknowledgement that never came were counted: they stand against what did.
                let (header, reset): (UInt64, UInt64) = form == .v6 ? (72, 60) : (52, 40)
                accounts[client(lab, form), default: .zero].ingressBytes -= 1000
                accounts[client(lab, form), default: .zero].egressBytes += header
                accounts[client(lab, form), default: .zero].egressBytes -= reset
            }
        }
    }

    /// A last acknowledgement that is lost: the peer repeats its FIN, the stand-in its answer, and neither is seen.
    ///
    /// A FIN that is lost is repeated by a whole socket, and counted.
    @Test func onlyTheFirstLastAcknowledgementIsCounted() async throws {
        let lab = try WireLab(repeating: true)
        defer { lab.remove() }
        for form in [TrafficExchange.Form.v4, .v6] {
            let metering = try Metering(lab)
            let listener = try lab.listener(form, port: 5000)
            let connections = try (0..<40).map { _ in try lab.connection(form, listener) }
            try lab.wire.lose(50, where: "tcp flags & fin == fin")
            for connection in connections { connection.client.close() }
            for connection in connections {
                try connection.server.drain()
                try connection.server.acknowledge()
            }
            try await waitUntil("all FINs are acknowledged") { try lab.standIns(0) == 40 }
            try lab.wire.lose(0)
            try lab.wire.lose(200, where: "tcp dport 5000")
            let before = try lab.wire.read()
            for connection in connections { connection.server.close() }
            try await lab.settle()
            try lab.wire.lose(0)
            let closing = try lab.accounts(lab.wire.read().since(before))[client(lab, form), default: .zero]
            #expect(closing.egressPackets > 40, "too few acknowledgements were lost to prove anything")
            try await metering.expectTheWire("lost last acknowledgements, \(form)") { accounts in
                let header: UInt64 = form == .v6 ? 72 : 52
                accounts[client(lab, form), default: .zero].ingressBytes -= closing.ingressBytes - 40 * header
                accounts[client(lab, form), default: .zero].ingressPackets -= closing.ingressPackets - 40
                accounts[client(lab, form), default: .zero].egressBytes -= closing.egressBytes - 40 * header
                accounts[client(lab, form), default: .zero].egressPackets -= closing.egressPackets - 40
            }
        }
    }

    /// An ICMP error, here for a datagram that nobody takes, goes from the one kernel to the other.
    @Test func anICMPErrorIsNobodys() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        let metering = try Metering(lab)
        for form in TrafficExchange.Form.allCases {
            let socket = try lab.open(0, form, SOCK_DGRAM)
            try socket.connect(Endpoint(lab.hosts[1].address(form), 5000))
            try socket.send(100)
            #expect(throws: LabSocket.Failure.self) { try socket.receive() }
        }
        try await metering.expectTheWire("UDP to a closed port") { accounts in
            #expect(
                accounts.keys.contains { $0.ipProtocol == .icmp } && accounts.keys.contains { $0.ipProtocol == .icmpV6 }
            )
            accounts = accounts.filter { $0.key.host == 0 && $0.key.ipProtocol == .udp }
        }
    }

    private func expect(
        _ name: String,
        _ lab: WireLab,
        _ ending: WireLab.Ending,
        count: Int,
        adjust: (TrafficExchange.Form, inout WireAccounts) -> Void
    ) async throws {
        for form in [TrafficExchange.Form.v4, .v6] {
            let metering = try Metering(lab)
            let listener = try lab.listener(form, port: 5000)
            for _ in 0..<count { try lab.finish(lab.connection(form, listener), count: 100, reply: 100, ending) }
            listener.close()
            try await metering.expectTheWire("\(name), \(form)") { adjust(form, &$0) }
        }
    }

    private func client(_ lab: WireLab, _ form: TrafficExchange.Form) -> WireAccount {
        WireAccount(
            host: 0,
            remote: lab.hosts[1].address(form),
            servicePort: 5000,
            ipProtocol: .tcp,
            initiator: .pod
        )
    }

    private func server(_ lab: WireLab, _ form: TrafficExchange.Form) -> WireAccount {
        WireAccount(
            host: 1,
            remote: lab.hosts[0].address(form),
            servicePort: 5000,
            ipProtocol: .tcp,
            initiator: .remote
        )
    }
}
