// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing
import Traffic

/// What is lost on the wire was sent, and so was its repetition; only what arrived was received.
@Suite(.serialized, .whereMeteringWorks) struct LossTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// One in 50 of the packets with data, in both directions.
    @Test(arguments: [false, true])
    func repetitionsAreWireBytes(offloads: Bool) async throws {
        let lab = try WireLab(repeating: true)
        defer { lab.remove() }
        for host in [0, 1] { try lab.offload(host, segmentation: offloads, merging: offloads) }
        try lab.wire.lose(20, where: "meta l4proto tcp meta length > 500")
        let metering = try Metering(lab)
        var repeated = 0
        for (number, form) in TrafficExchange.Form.allCases.enumerated() {
            let connection = try lab.connection(form, port: UInt16(5000 + number))
            try connection.client.exchange(1_000_000, with: connection.server, reply: 500_000)
            repeated += try connection.client.statistics().bytesRepeated + connection.server.statistics().bytesRepeated
            try lab.finish(connection, count: 0, reply: 0, .clientFirst)
        }
        #expect(repeated > 10_000, "too little was lost to prove anything")
        try await metering.expectTheWire("TCP with 2 % loss, offloads \(offloads), \(repeated) bytes repeated")
    }

    @Test func lostDatagramsAreTheSendersAlone() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        // Until a neighbour's address is known, the kernel keeps a few packets for it and drops the others, all of which
        // the hooks have seen: here the addresses are known.
        for form in TrafficExchange.Form.allCases {
            try lab.ask(lab.service(form, port: 4000), form, as: .connected, requests: [1], reply: 1)
        }
        try lab.wire.lose(300, where: "meta l4proto udp")
        let metering = try Metering(lab)
        // Open until the end: what comes to a closed socket is nobody's.
        var services: [LabSocket] = []
        for (number, form) in TrafficExchange.Form.allCases.enumerated() {
            let service = try lab.service(form, port: UInt16(5000 + number))
            services.append(service)
            let client = try lab.open(0, form, SOCK_DGRAM)
            for size in 1...200 { try client.send(size, to: Endpoint(lab.hosts[1].address(form), service.local.port)) }
        }
        try await waitUntil("all have crossed") {
            try lab.wire.read().crossed.reduce(0) { $0 + ($1.key.ipProtocol == .udp ? $1.value.packets : 0) } >= 606
        }
        try await metering.expectTheWire("UDP with 30 % loss")
        for service in services { service.close() }
    }

    /// Packets that come in another order, by the kernel's network emulator, which not every kernel has.
    @Test(.enabled(if: NetworkEmulator.isAvailable, "this kernel has no sch_netem"))
    func packetsOutOfOrderAreCountedOnce() async throws {
        let lab = try WireLab(repeating: true)
        defer { lab.remove() }
        let disorder = NetworkEmulator.command(["delay", "1ms", "reorder", "75%", "50%"])
        try lab.wire.configure(disorder)
        try await Metering.expectTheWire("TCP out of order", lab) {
            for (number, form) in TrafficExchange.Form.allCases.enumerated() {
                if number > 0 { try lab.wire.configure(disorder) }
                let connection = try lab.connection(form, port: UInt16(5000 + number))
                try connection.client.exchange(500_000, with: connection.server, reply: 500_000)
                // In order again before the end: what comes to a closed socket is nobody's.
                try connection.client.settle(with: connection.server)
                try lab.wire.configure(NetworkEmulator.end)
                try lab.finish(connection, count: 1, reply: 1, .clientFirst)
            }
        }
    }

    /// The emulator sends some twice: the sender has sent one, the receiver has received two.
    @Test(.enabled(if: NetworkEmulator.isAvailable, "this kernel has no sch_netem"))
    func packetsThatComeTwiceAreReceivedTwice() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        try lab.wire.configure(NetworkEmulator.command(["duplicate", "30%"]))
        let metering = try Metering(lab)
        let service = try lab.service(.v4, port: 5000)
        let last = try lab.service(.v4, port: 5001)
        let client = try lab.open(0, .v4, SOCK_DGRAM)
        // The neighbour's address is known from here on.
        try client.send(1, to: Endpoint(lab.hosts[1].v4, 5001))
        try last.receive()
        for _ in 0..<300 { try client.send(100, to: Endpoint(lab.hosts[1].v4, 5000)) }
        try client.send(2, to: Endpoint(lab.hosts[1].v4, 5001))
        while try last.receive().bytes.count != 2 {}
        try await metering.expectTheWire("UDP that comes twice") { accounts in
            accounts = accounts.filter { $0.key.servicePort == 5000 || $0.key.host == 1 }
            for account in accounts.keys where account.host == 0 {
                #expect(accounts[account, default: .zero].egressPackets > 310, "too few came twice to prove anything")
                accounts[account] = FlowCounters(egressBytes: 300 * 128, egressPackets: 300)
                var marker = account
                marker.servicePort = 5001
                accounts[marker] = FlowCounters(egressBytes: 59, egressPackets: 2)
            }
        }
        service.close()
    }
}
