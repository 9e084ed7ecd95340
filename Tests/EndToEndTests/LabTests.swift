// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing
import Traffic

/// The lab without the meter: its instruments agree with each other and with what the generator says.
@Suite(.serialized, .whereMeteringWorks) struct LabTests {
    private let logs: TemporaryDirectory
    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
        logs = try TemporaryDirectory()
    }

    /// IP and UDP headers are all that is added to UDP payload, so the counters can be told in advance.
    @Test(arguments: TrafficExchange.Form.allCases, [true, false])
    func udpIsCountedAsPayloadAndHeaders(form: TrafficExchange.Form, connected: Bool) async throws {
        let exchange = TrafficExchange(
            .udp(sockets: 3, requests: 7, connected: connected),
            form,
            port: 5300,
            requestBytes: 100,
            replyBytes: 1200
        )
        let (client, server) = try await count(exchange)
        let header: UInt64 = form == .v6 ? 48 : 28
        #expect(server.inputTotal == PacketCount(bytes: 21 * (100 + header), packets: 21))
        #expect(client.inputTotal == PacketCount(bytes: 21 * (1200 + header), packets: 21))
        #expect(
            NftCounters.exchanged(by: client, with: server)
                == FlowCounters(
                    egressBytes: 21 * (100 + header),
                    ingressBytes: 21 * (1200 + header),
                    egressPackets: 21,
                    ingressPackets: 21
                )
        )
    }

    /// The rule that relates the instruments: see ``NftCounters``.
    ///
    /// The sender's output hook sees super-packets; the receiver's input hook sees what those were cut into, and
    /// each further piece brings its own IPv4 (20 bytes) or IPv6 (40) and TCP (32, with timestamps) header.
    @Test(arguments: TrafficExchange.Form.allCases)
    func theReceivingSideSeesTheWire(form: TrafficExchange.Form) async throws {
        let exchange = TrafficExchange(
            .tcp(connections: 2, chunk: 262_144),
            form,
            port: 5301,
            requestBytes: 3_000_000,
            replyBytes: 1_000_000
        )
        let (client, server) = try await count(exchange)
        let header: UInt64 = form == .v6 ? 72 : 52
        for (sender, receiver) in [(client, server), (server, client)] {
            let output = sender.output.values.reduce(.zero, +)
            let input = receiver.inputTotal
            #expect(input.packets > output.packets, "no super-packets were sent, so this proves nothing")
            #expect(input.bytes - output.bytes == (input.packets - output.packets) * header)
        }
        // Payload, and at least one header for every 1,500 bytes.
        #expect(server.inputTotal.bytes > 6_000_000 + 6_000_000 / 1500 * header)
        #expect(client.inputTotal.bytes > 2_000_000 + 2_000_000 / 1500 * header)
    }

    /// Fragments are packets of the wire; the input hook sees the datagram that they make.
    @Test func fragmentsAreSeenOnTheInterface() async throws {
        let exchange = TrafficExchange(
            .udp(sockets: 1, requests: 5, connected: true),
            .v4,
            port: 5302,
            requestBytes: 8000,
            replyBytes: 16
        )
        let (_, server) = try await count(exchange)
        #expect(server.inputTotal == PacketCount(bytes: 5 * 8028, packets: 5))
        // 8,008 bytes of IP payload in pieces of at most 1,480.
        #expect(server.arrivedV4 == PacketCount(bytes: 5 * (8008 + 6 * 20), packets: 5 * 6))
    }

    @Test func moreThanTwoHostsMeetAtABridge() async throws {
        defer { logs.remove() }
        let network = try NetworkLab(["one", "two", "three"])
        defer { network.remove() }
        let cgroups = try CgroupLab()
        let sides = try network.hosts.map { host in
            TrafficExchange.Side(host: host, group: try cgroups.group(host.namespace))
        }
        for form in [TrafficExchange.Form.v4, .v6] {
            for (client, server) in [(0, 1), (1, 2), (2, 0)] {
                let exchange = TrafficExchange(
                    .tcp(connections: 1, chunk: 4096),
                    form,
                    port: 5303,
                    requestBytes: 10_000,
                    replyBytes: 10_000
                )
                try await exchange.run(client: sides[client], server: sides[server], logs: logs)
            }
        }
    }

    @Test func everythingIsRemoved() throws {
        defer { logs.remove() }
        let before = try Shell.run(["ip", "netns", "list"])
        var network: NetworkLab? = try NetworkLab()
        var cgroups: CgroupLab? = try CgroupLab()
        let group = try #require(try cgroups?.group("inside"))
        let namespace = try #require(network?.hosts.first?.namespace)
        let child = try ChildProcess(group.entering(["sleep", "1000"]), outputPath: logs.file("sleep"))
        #expect(try group.id() > 0)
        #expect(try Shell.run(["ip", "netns", "list"]).contains(namespace))
        network = nil
        cgroups = nil
        #expect(try Shell.run(["ip", "netns", "list"]) == before)
        #expect(!FileManager.default.fileExists(atPath: group.path))
        _ = child
    }

    /// A test process that was killed leaves a namespace and a cgroup with a process inside.
    @Test func whatKilledTestsLeaveIsSwept() async throws {
        defer { logs.remove() }
        let gone = try ChildProcess(["true"], outputPath: logs.file("true"))
        try await gone.waitForExit()
        let name = "netledger-lab-\(gone.processID)-test"
        try Shell.run(["ip", "netns", "add", name + "-client"])
        let mount = try #require(CgroupLab.mountPoint)
        try FileManager.default.createDirectory(atPath: "\(mount)/\(name)/inner", withIntermediateDirectories: true)
        let orphan = try ChildProcess(
            ["sh", "-c", "echo $$ > \(mount)/\(name)/inner/cgroup.procs; echo inside; exec sleep 1000"],
            outputPath: logs.file("orphan")
        )
        try await orphan.waitForLine(containing: "inside")
        try NetworkLab().remove()
        try CgroupLab().remove()
        #expect(!FileManager.default.fileExists(atPath: "/run/netns/\(name)-client"))
        #expect(!FileManager.default.fileExists(atPath: "\(mount)/\(name)"))
        #expect(try await orphan.waitForExit() == .signal(SIGKILL))
    }

    /// Runs `exchange` in a new lab, and reads both hosts' filters and interfaces, which must agree.
    private func count(_ exchange: TrafficExchange) async throws -> (
        client: NftCounters.Reading, server: NftCounters.Reading
    ) {
        defer { logs.remove() }
        let network = try NetworkLab()
        let cgroups = try CgroupLab()
        defer {
            network.remove()
            cgroups.remove()
        }
        let (client, server) = (network.hosts[0], network.hosts[1])
        let clientFilter = try NftCounters(in: client, watching: [exchange.watch(remote: server)])
        let serverFilter = try NftCounters(in: server, watching: [exchange.watch(remote: client)])
        let before = try [snapshot(client, clientFilter), snapshot(server, serverFilter)]
        try await exchange.run(
            client: .init(host: client, group: cgroups.group("client")),
            server: .init(host: server, group: cgroups.group("server")),
            logs: logs
        )
        let after = try [snapshot(client, clientFilter), snapshot(server, serverFilter)]
        for (before, after) in zip(before, after) {
            // The interface counts ARP too: 28 bytes each, a handful. Nothing else may be missing.
            let arrived = (after.filter.arrivedV4 + after.filter.arrivedV6)
                .since(before.filter.arrivedV4 + before.filter.arrivedV6)
            let received = after.interface.since(before.interface)
            let other = received.since(arrived)
            #expect(other.bytes == other.packets * 28, "\(received) on the interface, \(arrived) at the filter")
        }
        return (after[0].filter, after[1].filter)
    }

    /// Both instruments of `host` at one moment: no packet arrived while they were read.
    private func snapshot(
        _ host: NetworkLab.Host,
        _ filter: NftCounters
    ) throws -> (filter: NftCounters.Reading, interface: PacketCount) {
        var reading = try filter.read()
        while true {
            let interface = try host.received()
            let again = try filter.read()
            if again == reading { return (reading, interface) }
            reading = again
        }
    }
}
