// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

/// The lab without the meter: its instruments agree with each other and with arithmetic, and it leaves nothing behind.
@Suite(.serialized, .whereMeteringWorks) struct WireLabTests {
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    /// The packet filter against the interfaces' own counters, with super-packets at the hosts.
    @Test func theFilterCountsWhatTheInterfacesCount() async throws {
        let lab = try WireLab()
        defer { lab.remove() }
        for host in [0, 1] { try lab.offload(host, segmentation: true, merging: true) }
        let before = try instruments(of: lab)
        for form in TrafficExchange.Form.allCases {
            try lab.finish(lab.connection(form, port: 5000), count: 200_000, reply: 100_000, .clientFirst)
            try lab.ask(lab.service(form, port: 5000), form, as: .connected, requests: [1000], reply: 8000)
        }
        try await lab.settle()
        let after = try instruments(of: lab)
        #expect(after.filter.since(before.filter) == after.interfaces.since(before.interfaces))
        #expect(after.filter.since(before.filter).packets > 600)
    }

    /// Both instruments at one moment: no packet crossed while they were read.
    private func instruments(of lab: WireLab) throws -> (filter: PacketCount, interfaces: PacketCount) {
        while true {
            let filter = try lab.wire.read().total
            let interfaces = try lab.wire.interfaceTotal()
            if try lab.wire.read().total == filter { return (filter, interfaces) }
        }
    }

    /// Payload and headers, under the names of both sides.
    @Test func datagramsAreOnTheRightAccounts() throws {
        let lab = try WireLab()
        defer { lab.remove() }
        try lab.ask(lab.service(.v6, port: 53), .v6, as: .unconnected, requests: [10, 20], reply: 100)
        let (asked, answered) = (PacketCount(bytes: 2 * 48 + 30, packets: 2), PacketCount(bytes: 2 * 148, packets: 2))
        let account = { (host: Int, initiator: Initiator) in
            WireAccount(
                host: host,
                remote: lab.hosts[1 - host].v6,
                servicePort: 53,
                ipProtocol: .udp,
                initiator: initiator
            )
        }
        #expect(
            try lab.accounts(lab.wire.read()) == [
                account(0, .pod): FlowCounters(sent: asked, received: answered),
                account(1, .remote): FlowCounters(sent: answered, received: asked),
            ]
        )
    }

    @Test func nothingIsLeftBehind() throws {
        var lab: WireLab? = try WireLab(west: ["pod", WireLab.node])
        let folder = try #require(lab?.cgroupPath)
        let namespace = try #require(lab?.hosts[0].namespace)
        let interface = try #require(lab?.hosts[1].interface)
        #expect(FileManager.default.fileExists(atPath: folder))
        #expect(try Shell.run(["ip", "netns", "list"]).contains(namespace))
        #expect(try Shell.run(["ip", "-br", "link"]).contains(interface))
        lab = nil
        #expect(!FileManager.default.fileExists(atPath: folder))
        #expect(try !Shell.run(["ip", "netns", "list"]).contains(namespace))
        #expect(try !Shell.run(["ip", "-br", "link"]).contains(interface))
    }
}
