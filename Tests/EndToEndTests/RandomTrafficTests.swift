// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing
import Traffic

/// Any mix of all that the other tests of the meter do one by one.
@Suite(.serialized, .whereMeteringWorks) struct RandomTrafficTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// The seed fixes the traffic; where TCP cuts its stream, it does not.
    @Test func anyMixIsTheWire() async throws {
        var random = SeededRandom()
        print("seed \(random.seed)")
        let mtu = [1280, 1500, 4000, 9000].randomElement(using: &random) ?? 1500
        let lab = try WireLab(west: ["pod", "neighbour"], east: ["peer", "other"], mtu: mtu)
        defer { lab.remove() }
        for host in lab.hosts.indices {
            try lab.offload(host, segmentation: .random(using: &random), merging: .random(using: &random))
        }
        try await Metering.expectTheWire("random mix, seed \(random.seed), MTU \(mtu)", lab) {
            for number in 0..<400 { try step(lab, mtu: mtu, number: number, &random) }
        }
    }

    /// One piece of traffic from one side to the other.
    private func step(_ lab: WireLab, mtu: Int, number: Int, _ random: inout SeededRandom) throws {
        let (west, east) = (Int.random(in: 0...1, using: &random), Int.random(in: 2...3, using: &random))
        let (client, server) = Bool.random(using: &random) ? (west, east) : (east, west)
        let form = TrafficExchange.Form.allCases.randomElement(using: &random) ?? .v4
        let port = UInt16(5000 + number % 2000)
        switch Int.random(in: 0..<10, using: &random) {
        case 0...3:
            let ending = WireLab.Ending.allCases.randomElement(using: &random) ?? .clientFirst
            let largest = [100, 5000, 300_000].randomElement(using: &random) ?? 100
            try lab.finish(
                lab.connection(form, from: client, to: server, port: port),
                count: .random(in: 1...largest, using: &random),
                reply: .random(in: 0...largest, using: &random),
                ending
            )
        case 4...6:
            let service = try lab.service(form, at: server, port: port)
            let kind = WireLab.Client.allCases.randomElement(using: &random) ?? .connected
            let requests = (0..<Int.random(in: 1...5, using: &random))
                .map { _ in Int.random(in: 0...mtu - 48, using: &random) }
            let reply = Int.random(in: 0...mtu - 48, using: &random)
            try lab.ask(service, form, from: client, at: server, as: kind, requests: requests, reply: reply)
        case 7...8:
            let family = form == .v6 ? form : .v4
            let sender = try lab.open(client, family, SOCK_RAW, protocol: 253)
            let receiver = try lab.open(server, family, SOCK_RAW, protocol: 253)
            let size = Int.random(in: 0...mtu - 40, using: &random)
            try sender.send(size, to: Endpoint(lab.hosts[server].address(family), 0))
            try receiver.receive()
        default:
            let extra = PacketExtra.allCases.randomElement(using: &random) ?? .v4Options
            let listener = try lab.listener(extra.form, at: server, port: port)
            let socket = try lab.open(client, extra.form, SOCK_STREAM)
            try extra.apply(to: socket)
            try socket.connect(Endpoint(lab.hosts[server].address(extra.form), port))
            let count = Int.random(in: 1...100_000, using: &random)
            try lab.finish((socket, listener.accept()), count: count, reply: count / 2, .halfClosed)
        }
    }
}
