// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@testable import Capture

/// What a listener's socket remembers, and what passes to the connections that it accepts.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct ListenerTests {
    private let meter: Meter
    private let random = SeededRandom()

    init() throws {
        meter = try Meter(MeterConfiguration(cgroupRoot: CgroupLab.mountPoint ?? "", flowCapacity: 16_384))
    }

    /// One of several addresses of this host.
    private func address(_ number: Int) -> UInt32 {
        LoopbackSocket.localhost + UInt32(number)
    }

    /// What a side counted for `port`, by remote, as if no packet had headers: a SYN and its answer have 60 bytes of them
    /// and every other packet 52.
    private func payload(_ port: UInt16, _ side: Initiator, connections: [IPAddress: Int]) throws -> [IPAddress: [Int]]
    {
        try meter.take().flows.filter { $0.servicePort == port && $0.viaLoopback && $0.initiator == side }
            .reduce(into: [:]) { sums, flow in
                let counters = flow.counters
                let extra = 8 * (connections[flow.remote] ?? 0)
                sums[flow.remote] = [
                    Int(counters.ingressBytes) - 52 * Int(counters.ingressPackets) - extra,
                    Int(counters.egressBytes) - 52 * Int(counters.egressPackets) - extra,
                ]
            }
    }

    /// All handshakes come before the first byte, so that what the listener saw last is another client's.
    @Test func everyClientHasItsOwnFlow() throws {
        var random = random
        let listener = try LoopbackSocket(.tcp)
        try listener.listen()
        var pairs: [(client: LoopbackSocket, server: LoopbackSocket, remote: IPAddress)] = []
        var connections: [IPAddress: Int] = [:]
        for _ in 0..<16 {
            let from = address(Int.random(in: 1...5, using: &random))
            let client = try LoopbackSocket(.tcp)
            try client.bind(at: from)
            try client.connect(to: listener.port)
            pairs.append((client, try listener.accept(), IPAddress(v4: from)))
            connections[IPAddress(v4: from), default: 0] += 1
        }
        var truth: [IPAddress: [Int]] = [:]
        for pair in pairs.shuffled(using: &random) {
            let count = Int.random(in: 1...2000, using: &random)
            // Whichever side speaks first.
            if Bool.random(using: &random) {
                try pair.client.send(count)
                try pair.server.receive(count)
                truth[pair.remote, default: [0, 0]][0] += count
            } else {
                try pair.server.send(count)
                try pair.client.receive(count)
                truth[pair.remote, default: [0, 0]][1] += count
            }
        }
        meter.detach()
        #expect(try payload(listener.port, .remote, connections: connections) == truth, "seed \(random.seed)")
    }

    @Test func aSocketThatWasConnectedBeforeItListensForgetsThat() throws {
        let far = try LoopbackSocket(.tcp)
        try far.listen()
        let listener = try LoopbackSocket(.tcp)
        try listener.connect(to: far.port)
        try listener.disconnect()
        try listener.listen()
        let client = try LoopbackSocket(.tcp)
        try client.bind(at: address(1))
        try client.connect(to: listener.port)
        let server = try listener.accept()
        try client.send(1000)
        try server.receive(1000)
        meter.detach()
        let remote = IPAddress(v4: address(1))
        #expect(try payload(listener.port, .remote, connections: [remote: 1]) == [remote: [1000, 0]])
    }

    @Test func anAcceptedSocketThatConnectsElsewhereIsTheOneThatOpens() throws {
        let far = try LoopbackSocket(.tcp)
        try far.listen()
        let listener = try LoopbackSocket(.tcp)
        try listener.listen()
        let client = try LoopbackSocket(.tcp)
        try client.connect(to: listener.port)
        let accepted = try listener.accept()
        try accepted.disconnect()
        try accepted.connect(to: far.port)
        let server = try far.accept()
        try accepted.send(1000)
        try server.receive(1000)
        meter.detach()
        let remote = IPAddress(v4: LoopbackSocket.localhost)
        #expect(try payload(far.port, .pod, connections: [remote: 1]) == [remote: [0, 1000]])
    }
}
