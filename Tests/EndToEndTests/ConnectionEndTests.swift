// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing
import Traffic

/// Where a connection begins and ends, packets meet sockets that are not whole: each is a chance to miss one.
@Suite(.serialized, .whereMeteringWorks) struct ConnectionEndTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    @Test func thousandsOfShortConnectionsAreCountedToTheLastPacket() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        for ending in WireLab.Ending.allCases {
            try await Metering.expectTheWire("450 connections, \(ending)", lab) {
                for (number, form) in TrafficExchange.Form.allCases.enumerated() {
                    let listener = try lab.listener(form, port: UInt16(5000 + number))
                    for count in 1...150 {
                        try lab.finish(lab.connection(form, listener), count: count, reply: 2 * count, ending)
                    }
                }
            }
        }
    }

    /// Nobody listens: the answer to the SYN comes from the kernel's own socket, which is in no pod's cgroup.
    @Test func refusedConnectionsAreTheClientsAlone() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        let metering = try Metering(lab)
        for form in TrafficExchange.Form.allCases {
            for _ in 0..<100 {
                let client = try lab.open(0, form, SOCK_STREAM)
                let failure = #expect(throws: LabSocket.Failure.self) {
                    try client.connect(Endpoint(lab.hosts[1].address(form), 5000))
                }
                #expect(failure?.code == ECONNREFUSED)
            }
        }
        try await metering.expectTheWire("300 refused connections") { accounts in
            accounts = accounts.filter { $0.key.host == 0 }
        }
    }

    /// The SYN crosses the wire, and is lost.
    @Test func unansweredConnectionsAreTheClientsAlone() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        try lab.wire.lose(1000, where: "tcp dport 5000")
        let metering = try Metering(lab)
        var clients: [LabSocket] = []
        for form in TrafficExchange.Form.allCases {
            for _ in 0..<100 {
                let client = try lab.open(0, form, SOCK_STREAM)
                try client.beginConnecting(Endpoint(lab.hosts[1].address(form), 5000))
                clients.append(client)
            }
        }
        try await waitUntil("every SYN has crossed") {
            try lab.wire.read().crossed.reduce(0) { $0 + ($1.key.ipProtocol == .tcp ? $1.value.packets : 0) } >= 300
        }
        for client in clients { client.close() }
        try await metering.expectTheWire("300 unanswered connections")
    }

    /// More clients than a listener takes: SYNs and acknowledgements that it drops have crossed the wire all the same.
    ///
    /// Without SYN cookies: for those see `BoundTests`.
    @Test(arguments: [TrafficExchange.Form.v4, .v6])
    func aFullListenerCountsWhatItDrops(form: TrafficExchange.Form) async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        try lab.configure(1, ["sysctl", "-q", "net.ipv4.tcp_syncookies=0"])
        let metering = try Metering(lab)
        let listener = try lab.listener(form, port: 5000, backlog: 2)
        var clients: [LabSocket] = []
        for _ in 0..<20 {
            let client = try lab.open(0, form, SOCK_STREAM)
            try client.beginConnecting(Endpoint(lab.hosts[1].address(form), 5000))
            clients.append(client)
        }
        try await waitUntil("every SYN has crossed") {
            let syns = try lab.wire.read().crossed.filter { $0.key.role == .toService(5000) }
            return syns.values.reduce(0) { $0 + $1.packets } >= 20
        }
        for _ in 0..<3 {
            let server = try listener.accept()
            try server.reset()
        }
        // A reset that comes to a socket that is gone is nobody's.
        try await waitUntil("three clients are reset") { clients.count(where: \.isReset) == 3 }
        for client in clients { try client.reset() }
        listener.close()
        try await metering.expectTheWire("a full listener, \(form)")
    }
}
