// SPDX-License-Identifier: Apache-2.0
import Glibc
import TestSupport
import Testing
import Traffic

@testable import Capture

/// TCP connections that were open before the meter: who opened them is in their sequence numbers.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct OlderConnectionTests {
    private let random = SeededRandom()

    private func meter(_ detail: KernelDetail) throws -> Meter {
        let meter = try Meter(
            MeterConfiguration(cgroupRoot: CgroupLab.mountPoint ?? "", flowCapacity: 16_384, detail: detail)
        )
        if meter.detail != detail {
            try Test.cancel("this kernel does not let \(detail) be read: \(meter.refusals)")
        }
        return meter
    }

    /// An open connection over which `before` went each way, and what its two ends will say when asked who opened it.
    private struct Connection {
        let listener: LoopbackSocket
        let client: LoopbackSocket
        let server: LoopbackSocket

        init(sent: Int, answered: Int) throws {
            listener = try LoopbackSocket(.tcp)
            try listener.listen()
            client = try LoopbackSocket(.tcp)
            try client.connect(to: listener.port)
            server = try listener.accept()
            try exchange(client, server, sent)
            try exchange(server, client, answered)
        }

        func exchange(_ from: LoopbackSocket, _ to: LoopbackSocket, _ count: Int) throws {
            guard count > 0 else { return }
            try from.send(count)
            try to.receive(count)
        }

        /// Initiators of the client's side and of the server's side.
        ///
        /// Where the initiator is not known, the service port is the lower one, and both sides have the same key.
        func initiators(_ flows: [KernelFlow]) -> Set<Initiator> {
            let ports = [listener.port, client.port]
            return Set(flows.filter { ports.contains($0.servicePort) }.map(\.initiator))
        }
    }

    @Test(arguments: [KernelDetail.packets, .sockets])
    func bothEndsAreKnownWithoutTheListener(_ detail: KernelDetail) throws {
        var random = random
        let connections = try (0..<50)
            .map { _ in
                let connection = try Connection(
                    sent: Int.random(in: 0...3000, using: &random),
                    answered: Int.random(in: 0...3000, using: &random)
                )
                try connection.listener.shutDown(.read)
                return connection
            }
        let meter = try meter(detail)
        for connection in connections {
            let ends = [connection.client, connection.server].shuffled(using: &random)
            try connection.exchange(ends[0], ends[1], Int.random(in: 1...3000, using: &random))
            try connection.exchange(ends[1], ends[0], 1)
        }
        let flows = try meter.take().flows
        for connection in connections {
            #expect(
                connection.initiators(flows) == [.pod, .remote],
                "port \(connection.listener.port), seed \(random.seed)"
            )
        }
    }

    /// One byte on its way is as large as the SYN: the packet in flight has to be counted right.
    @Test(arguments: [KernelDetail.packets, .sockets], [0, 1, 2])
    func aFirstPacketThatGoesOutDecides(_ detail: KernelDetail, before: Int) throws {
        let connection = try Connection(sent: before, answered: before)
        try connection.listener.shutDown(.read)
        let meter = try meter(detail)
        try connection.client.send(1)
        let flows = try meter.take().flows.filter { $0.servicePort == connection.listener.port }
        let ours = flows.filter { $0.initiator == .pod }
        #expect(ours.map(\.counters.egressBytes) == [53], "one byte behind 52 of headers, and it is the client's")
    }

    @Test(arguments: [KernelDetail.packets, .sockets])
    func aHalfClosedConnectionIsKnownToo(_ detail: KernelDetail) throws {
        let connection = try Connection(sent: 10, answered: 10)
        try connection.listener.shutDown(.read)
        try connection.client.shutDown(.write)
        try connection.server.receiveEnd()
        let meter = try meter(detail)
        try connection.exchange(connection.server, connection.client, 500)
        #expect(connection.initiators(try meter.take().flows) == [.pod, .remote])
    }

    @Test func withoutTheKernelsTypesTheListenerTells() throws {
        let connection = try Connection(sent: 10, answered: 10)
        let meter = try meter(.none)
        try connection.exchange(connection.client, connection.server, 100)
        #expect(connection.initiators(try meter.take().flows) == [.unknown, .remote])
    }

    @Test func withoutTheKernelsTypesAndTheListenerNothingTells() throws {
        let connection = try Connection(sent: 10, answered: 10)
        try connection.listener.shutDown(.read)
        let meter = try meter(.none)
        try connection.exchange(connection.client, connection.server, 100)
        #expect(connection.initiators(try meter.take().flows) == [.unknown])
    }
}
