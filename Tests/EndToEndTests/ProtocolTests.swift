// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing
import Traffic

/// Raw and ping sockets, other protocols, and options and extension headers in the packets.
@Suite(.serialized, .whereMeteringWorks) struct ProtocolTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// The replies come from the other host's kernel, whose own sockets are in no pod's cgroup.
    @Test func anEchoIsThePodsThatAsks() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        for form in [TrafficExchange.Form.v4, .v6] {
            for type in [SOCK_RAW, SOCK_DGRAM] { try await expectEchoes(lab, form, type) }
        }
    }

    private func expectEchoes(_ lab: WireLab, _ form: TrafficExchange.Form, _ type: __socket_type) async throws {
        let metering = try Metering(lab)
        let number = form == .v6 ? IPProtocol.icmpV6 : .icmp
        let socket = try lab.open(0, form, type, protocol: Int32(number.rawValue))
        // A raw ICMPv6 socket hears all of it, neighbour discovery too: 255 types blocked, 129 (reply) not.
        if form == .v6, type == SOCK_RAW {
            try socket.set(
                58,
                1,
                to: [UInt8](repeating: 0xff, count: 16) + [0xfd] + [UInt8](repeating: 0xff, count: 15)
            )
        }
        for data in [0, 56, 1400] {
            try socket.send(Echo.request(form, data: data), to: Endpoint(lab.hosts[1].address(form), 0))
            try socket.receive()
        }
        try await metering.expectTheWire("ICMP echo, \(form), socket type \(type.rawValue)") { accounts in
            accounts = accounts.filter { $0.key.host == 0 }
        }
    }

    /// SCTP's number and one of those kept for experiments, by raw sockets at both ends.
    @Test func otherProtocolsAreBookedByTheirNumber() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        try await Metering.expectTheWire("protocols 132 and 253", lab) {
            for (form, number) in [(TrafficExchange.Form.v4, Int32(132)), (.v4, 253), (.v6, 132), (.v6, 253)] {
                let pod = try lab.open(0, form, SOCK_RAW, protocol: number)
                let peer = try lab.open(1, form, SOCK_RAW, protocol: number)
                for size in [1, 100, 1400] {
                    try pod.send(size, to: Endpoint(lab.hosts[1].address(form), 0))
                    try peer.receive()
                    try peer.send(2 * size / 3, to: Endpoint(lab.hosts[0].address(form), 0))
                    try pod.receive()
                }
            }
        }
    }

    /// SCTP itself, where the kernel has it.
    @Test(.enabled(if: StreamControl.isAvailable, "this kernel has no SCTP"))
    func sctpIsBookedByItsNumber() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        let metering = try Metering(lab)
        let listener = try lab.open(1, .v4, SOCK_STREAM, protocol: StreamControl.number)
        try listener.bind(Endpoint(lab.hosts[1].v4, 5000))
        try listener.listen()
        let client = try lab.open(0, .v4, SOCK_STREAM, protocol: StreamControl.number)
        try client.connect(Endpoint(lab.hosts[1].v4, 5000))
        let server = try listener.accept()
        try client.exchange(50_000, with: server, reply: 50_000)
        client.close()
        try server.drain()
        server.close()
        listener.close()
        let (metered, wire, _) = try await metering.finish()
        // What the protocol's own control socket answers is in no pod's cgroup: the rest is most of it. Of the client
        // alone: what SCTP accepts belongs to the process that accepts, and here that is the test's own.
        for (account, truth) in wire where account.ipProtocol.rawValue == 132 && account.host == 0 {
            let counters = try #require(metered[account], "\(account): \(metered)")
            let told: Comment = "\(account): \(counters), on the wire \(truth)"
            #expect(counters.egressBytes > 50_000 && counters.ingressBytes > 50_000, told)
            #expect(counters.egressBytes <= truth.egressBytes && counters.ingressBytes <= truth.ingressBytes, told)
        }
    }

    /// Every segment of a super-packet repeats them.
    @Test(arguments: [false, true])
    func optionsAndExtensionHeadersAreCounted(offloads: Bool) async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        for host in [0, 1] { try lab.offload(host, segmentation: offloads, merging: offloads) }
        for extra in PacketExtra.allCases { try await expectEveryHeader(lab, extra, offloads: offloads) }
    }

    private func expectEveryHeader(_ lab: WireLab, _ extra: PacketExtra, offloads: Bool) async throws {
        let form = extra.form
        try await Metering.expectTheWire("\(extra), offloads \(offloads)", lab) {
            let listener = try lab.listener(form, port: 5000)
            let client = try lab.open(0, form, SOCK_STREAM)
            try extra.apply(to: client)
            try client.connect(Endpoint(lab.hosts[1].address(form), 5000))
            try lab.finish((client, listener.accept()), count: 500_000, reply: 100_000, .clientFirst)

            let service = try lab.service(form, port: 5001)
            let datagrams = try lab.open(0, form, SOCK_DGRAM)
            try extra.apply(to: datagrams)
            for size in [0, 1, 1300] {
                try datagrams.send(size, to: Endpoint(lab.hosts[1].address(form), 5001))
                let peer = try service.receive().from
                try service.send(100, to: peer)
                try datagrams.receive()
            }
        }
    }

    /// A raw socket that listens to all of TCP or UDP hears what the others' sockets have: it is counted once.
    @Test func aListenerOnARawSocketIsNoSecondReceiver() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        let metering = try Metering(lab)
        let ears = try [TrafficExchange.Form.v4, .v6]
            .flatMap { form in
                try [IPPROTO_TCP, IPPROTO_UDP]
                    .flatMap { number in
                        try [0, 1].map { try lab.open($0, form, SOCK_RAW, protocol: Int32(number)) }
                    }
            }
        for (number, form) in TrafficExchange.Form.allCases.enumerated() {
            let port = UInt16(5000 + number)
            try lab.finish(lab.connection(form, port: port), count: 100_000, reply: 50_000, .clientFirst)
            let service = try lab.service(form, port: port)
            try lab.ask(service, form, as: .connected, requests: [1, 2], reply: 100)
        }
        try await metering.expectTheWire("raw listeners", losses: ["raw_socket_copy"])
        for ear in ears { ear.close() }
    }
}
