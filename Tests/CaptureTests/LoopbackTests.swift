// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import TestSupport
import Testing
import Traffic

@testable import Capture

/// The meter on this host's root cgroup, with real sockets.
///
/// Other processes are metered too, so each test looks at its own ports only.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct LoopbackTests {
    private let mount = CgroupLab.mountPoint ?? ""

    private func meter(idleDrains: UInt32 = 1000) throws -> Meter {
        try Meter(MeterConfiguration(cgroupRoot: mount, flowCapacity: 16_384, idleDrains: idleDrains))
    }

    /// Sums by initiator of what the meter counted for `port` on the loopback interface.
    private func drain(_ meter: Meter, port: UInt16) throws -> [Initiator: FlowCounters] {
        try meter.take().flows.filter { $0.servicePort == port && $0.viaLoopback }
            .reduce(into: [:]) { $0[$1.initiator, default: .zero] += $1.counters }
    }

    @Test func bothEndsOfAConnectionKnowWhoOpenedIt() throws {
        let meter = try meter()
        let listener = try LoopbackSocket(.tcp)
        try listener.listen()
        let client = try LoopbackSocket(.tcp)
        try client.connect(to: listener.port)
        let server = try listener.accept()
        try client.send(1000)
        try server.receive(1000)
        try server.send(3000)
        try client.receive(3000)
        meter.detach()
        let flows = try drain(meter, port: listener.port)
        #expect(Set(flows.keys) == [.pod, .remote])
        let ours = try #require(flows[.pod])
        let theirs = try #require(flows[.remote])
        #expect(ours.egressBytes > 1000 && ours.ingressBytes > 3000)
        // On one host, all that one end sends the other receives.
        #expect(ours.egressBytes == theirs.ingressBytes)
        #expect(ours.ingressBytes == theirs.egressBytes)
        #expect(ours.egressPackets == theirs.ingressPackets)
    }

    @Test func aDatagramServersRepliesAreNotItsOwnIdea() throws {
        let meter = try meter()
        let server = try LoopbackSocket(.udp)
        try server.bind()
        let client = try LoopbackSocket(.udp)
        try client.bind()
        for _ in 0..<3 {
            try client.send(40, to: server.port)
            try server.receive(40)
            try server.send(400, to: client.port)
            try client.receive(400)
        }
        let flows = try drain(meter, port: server.port)
        let client3 = FlowCounters(egressBytes: 3 * 68, ingressBytes: 3 * 428, egressPackets: 3, ingressPackets: 3)
        let server3 = FlowCounters(egressBytes: 3 * 428, ingressBytes: 3 * 68, egressPackets: 3, ingressPackets: 3)
        #expect(flows == [.pod: client3, .remote: server3])
    }

    /// A raw socket that sends datagrams itself, and is connected, still gets copies of what is for others.
    @Test func aConnectedRawSocketsCopiesAreNotCounted() throws {
        let meter = try meter()
        let server = try LoopbackSocket(.udp)
        try server.bind()
        let client = try LoopbackSocket(.udp)
        try client.bind()
        let raw = try LoopbackSocket(.raw)
        try raw.connect(to: server.port)
        for _ in 0..<2 {
            try raw.send(Packet.udp(client.port, server.port, data: 40))
            try server.receive(40)
            try server.send(400, to: client.port)
            try client.receive(400)
        }
        let drain = try meter.take()
        let flows = drain.flows.filter { $0.servicePort == server.port && $0.viaLoopback }
            .reduce(into: [:]) { $0[$1.initiator, default: .zero] += $1.counters }
        let sender = FlowCounters(egressBytes: 2 * 68, ingressBytes: 2 * 428, egressPackets: 2, ingressPackets: 2)
        let server2 = FlowCounters(egressBytes: 2 * 428, ingressBytes: 2 * 68, egressPackets: 2, ingressPackets: 2)
        #expect(flows == [.pod: sender, .remote: server2])
        let copies = try #require(drain.losses.first { $0.reason == "raw_socket_copy" })
        #expect(copies.counters.ingressPackets >= 4, "of both directions")
    }

    @Test func whatIsDetachedIsNotCountedAndWhatWasCountedIsStillThere() throws {
        let meter = try meter()
        let server = try LoopbackSocket(.udp)
        try server.bind()
        let client = try LoopbackSocket(.udp)
        try client.connect(to: server.port)
        try client.send(10)
        meter.detach()
        try client.send(10)
        let flows = try drain(meter, port: server.port)
        #expect(flows[.pod] == FlowCounters(egressBytes: 38, egressPackets: 1))
    }

    /// Connected sockets remember their slot; slots are retired under them all the time.
    ///
    /// The sum is the truth.
    @Test func nothingIsLostWhileSlotsAreRetiredUnderLiveSockets() throws {
        let meter = try meter(idleDrains: 1)
        let server = try LoopbackSocket(.udp)
        try server.bind()
        let port = server.port
        let senders = 3
        let perSender = 30_000
        let finished = Atomic<Int>(0)
        let sent = Atomic<Int>(0)
        let client = try LoopbackSocket(.udp)
        try client.connect(to: port)
        for _ in 0..<senders {
            Thread.detachNewThread {
                // Nobody reads: the receiver's buffer fills up, which does not concern the sending side.
                for _ in 0..<perSender where (try? client.send(72)) != nil { sent.add(1, ordering: .relaxed) }
                finished.add(1, ordering: .sequentiallyConsistent)
            }
        }
        var booked = FlowCounters.zero
        while finished.load(ordering: .sequentiallyConsistent) < senders {
            booked += try drain(meter, port: port)[.pod] ?? .zero
        }
        booked += try drain(meter, port: port)[.pod] ?? .zero
        booked += try drain(meter, port: port)[.pod] ?? .zero
        let truth = UInt64(sent.load(ordering: .sequentiallyConsistent))
        #expect(truth > 0)
        #expect(booked.egressPackets == truth)
        #expect(booked.egressBytes == truth * 100)
    }

    @Test func aMeterOnNoCgroupSaysSo() throws {
        let error = #expect(throws: CaptureError.self) {
            try Meter(MeterConfiguration(cgroupRoot: "/does/not/exist", flowCapacity: 8))
        }
        #expect(error?.description.contains("/does/not/exist") == true)
        #expect(throws: CaptureError.self) { try Meter(MeterConfiguration(cgroupRoot: mount, flowCapacity: 0)) }
    }
}
