// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing
import Traffic

/// A socket's owner is the cgroup of the process that opened it, at that moment, for good; an accepted socket's is its
/// listener's.
@Suite(.serialized, .whereMeteringWorks) struct OwnerTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// The process opens sockets in one cgroup and moves to another; this test, in a third one, uses them all.
    @Test func aSocketStaysInTheCgroupThatItWasOpenedIn() async throws {
        let lab = try WireLab(west: ["pod", "elsewhere"])
        defer { lab.remove() }
        let metering = try Metering(lab)
        let (pod, elsewhere, peer) = (0, 1, 2)
        for form in TrafficExchange.Form.allCases {
            let stays = try lab.open(pod, form, SOCK_STREAM)
            let staysListening = try lab.listener(form, at: pod, port: 5001)
            let staysDatagram = try lab.service(form, at: pod, port: 5002)
            try lab.source(pod).enter(lab.groups[elsewhere])
            let listener = try lab.listener(form, at: peer, port: 5000)
            try stays.connect(Endpoint(lab.hosts[peer].address(form), 5000))
            try lab.finish((stays, listener.accept()), count: 5000, reply: 6000, .clientFirst)
            try lab.finish(
                lab.connection(form, from: peer, to: pod, staysListening),
                count: 1000,
                reply: 2000,
                .serverFirst
            )
            try lab.ask(staysDatagram, form, from: peer, at: pod, as: .connected, requests: [10, 20], reply: 30)
            // From here on, new sockets of the same process are the other cgroup's.
            try lab.finish(lab.connection(form, from: pod, to: peer, port: 5003), count: 300, reply: 400, .halfClosed)
            let service = try lab.service(form, at: peer, port: 5004)
            try lab.ask(service, form, from: pod, at: peer, as: .unconnected, requests: [7], reply: 8)
            try lab.source(pod).enter(lab.groups[pod])
        }
        try await metering.expectTheWire("sockets of a process that moves") { accounts in
            for account in accounts.keys where account.host == pod && [5003, 5004].contains(account.servicePort) {
                var moved = account
                moved.host = elsewhere
                accounts[moved] = accounts.removeValue(forKey: account)
            }
        }
    }

    /// Sockets that were open before are metered from then on; who opened them is `OlderConnectionTests`' matter.
    @Test func socketsThatWereOpenBeforeCountFromThenOn() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        var connections: [(client: LabSocket, server: LabSocket)] = []
        var services: [(LabSocket, TrafficExchange.Form)] = []
        for (number, form) in TrafficExchange.Form.allCases.enumerated() {
            let connection = try lab.connection(form, port: UInt16(5000 + number))
            try connection.client.exchange(100_000, with: connection.server, reply: 100_000)
            connections.append(connection)
            services.append((try lab.service(form, port: UInt16(5000 + number)), form))
        }
        try await waitUntil("the connections are quiet") {
            try connections.allSatisfy { try $0.client.isQuiet($0.server) }
        }
        let metering = try Metering(lab)
        for connection in connections { try lab.finish(connection, count: 50_000, reply: 60_000, .clientFirst) }
        for (service, form) in services {
            try lab.ask(service, form, as: .connected, requests: [1, 2, 3], reply: 4)
        }
        let (metered, wire, losses) = try await metering.finish()
        #expect(losses.isEmpty)
        for host in [0, 1] {
            for remote in Set(wire.keys.filter { $0.host == host }.map(\.remote)) {
                for number in [IPProtocol.tcp, .udp] {
                    let sum = { (accounts: WireAccounts) in
                        accounts.filter {
                            $0.key.host == host && $0.key.remote == remote && $0.key.ipProtocol == number
                        }
                        .values.reduce(into: FlowCounters.zero) { $0 += $1 }
                    }
                    #expect(sum(metered) == sum(wire), "host \(host), remote \(remote), protocol \(number.rawValue)")
                    #expect(!sum(wire).isZero)
                }
            }
        }
    }
}
