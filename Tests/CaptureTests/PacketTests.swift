// SPDX-License-Identifier: Apache-2.0
import CLibBPF
import TestSupport
import Testing
import Traffic

@testable import Capture

/// The kernel programs on crafted packets, run by the kernel itself, with byte-exact expectations.
///
/// A test run has a socket of no type and no connection, so who opened a TCP connection is unknown and the service
/// port is the lower one; its device is the loopback interface.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct PacketTests {
    private let metered: MeteredCgroup
    private var meter: Meter { metered.meter }

    init() throws {
        metered = try MeteredCgroup()
    }

    private static let tcp: UInt8 = 6
    private static let udp: UInt8 = 17

    /// Feeds one packet and returns the only flow that it made.
    private func flow(_ direction: Direction, _ packet: [UInt8], context: __sk_buff = __sk_buff()) throws -> KernelFlow
    {
        #expect(try meter.hook(direction)(packet, context: context) == 1, "a hook must allow every packet")
        let drain = try meter.take()
        #expect(drain.losses.isEmpty)
        #expect(drain.flows.count == 1)
        return try #require(drain.flows.first)
    }

    /// Feeds one packet and returns the only loss that it made.
    private func loss(_ direction: Direction, _ packet: [UInt8]) throws -> Loss {
        #expect(try meter.hook(direction)(packet) == 1, "a hook must allow every packet")
        let drain = try meter.take()
        #expect(drain.flows.isEmpty)
        #expect(drain.losses.count == 1)
        return try #require(drain.losses.first)
    }

    @Test func tcpOverV4() throws {
        let flow = try flow(.egress, Packet.v4(protocol: Self.tcp, Packet.tcp(40_000, 443, data: 100)))
        #expect(flow.remote == IPAddress("198.51.100.2"))
        #expect(flow.ipProtocol == .tcp)
        #expect(flow.servicePort == 443)
        #expect(flow.initiator == .unknown)
        #expect(flow.counters == FlowCounters(egressBytes: 20 + 20 + 100, egressPackets: 1))
    }

    @Test func ingressTakesTheSourceAsRemote() throws {
        let flow = try flow(.ingress, Packet.v4(protocol: Self.tcp, Packet.tcp(40_000, 443, data: 7)))
        #expect(flow.remote == IPAddress("192.0.2.1"))
        #expect(flow.servicePort == 443)
        #expect(flow.counters == FlowCounters(ingressBytes: 47, ingressPackets: 1))
    }

    @Test(arguments: [4, 12, 40])
    func v4Options(length: Int) throws {
        let options = [UInt8](repeating: 1, count: length)
        let packet = Packet.v4(protocol: Self.udp, options: options, Packet.udp(5353, 53, data: 9))
        let flow = try flow(.egress, packet)
        #expect(flow.servicePort == 53)
        #expect(flow.counters == FlowCounters(egressBytes: UInt64(20 + length + 8 + 9), egressPackets: 1))
    }

    @Test func udpIsStartedByTheFirstDatagram() throws {
        let query = try flow(.egress, Packet.v4(protocol: Self.udp, Packet.udp(33_000, 53, data: 1)))
        #expect(query.initiator == .pod)
        #expect(query.servicePort == 53)
        let answer = try flow(
            .ingress,
            Packet.v4(
                from: [198, 51, 100, 2],
                to: [192, 0, 2, 1],
                protocol: Self.udp,
                Packet.udp(53, 33_000, data: 500)
            )
        )
        #expect(answer.initiator == .pod, "an answer does not change who asked")
        #expect(answer.counters == FlowCounters(ingressBytes: 528, ingressPackets: 1))

        let request = try flow(.ingress, Packet.v4(protocol: Self.udp, Packet.udp(44_000, 8125, data: 2)))
        #expect(request.initiator == .remote)
        #expect(request.servicePort == 8125)
        let reply = try flow(
            .egress,
            Packet.v4(from: [198, 51, 100, 2], to: [192, 0, 2, 1], protocol: Self.udp, Packet.udp(8125, 44_000))
        )
        #expect(reply.initiator == .remote, "a server's reply is not initiated by the pod")
        #expect(reply.servicePort == 8125)
    }

    @Test func tcpOverV6() throws {
        let options = [UInt8](repeating: 1, count: 12)
        let packet = Packet.v6(next: Self.tcp, Packet.tcp(40_000, 8443, options: options, data: 1000))
        let flow = try flow(.egress, packet)
        #expect(flow.remote == IPAddress("2001:db8::2"))
        #expect(flow.servicePort == 8443)
        #expect(flow.counters == FlowCounters(egressBytes: 40 + 32 + 1000, egressPackets: 1))
    }

    @Test func v6ExtensionHeadersAreFollowedAndCounted() throws {
        let udp = Packet.udp(9000, 53, data: 10)
        let chain =
            Packet.extensionHeader(next: 60, length: 16)  // hop-by-hop, then destination options
            + Packet.extensionHeader(next: 43)  // then routing
            + Packet.extensionHeader(next: Self.udp, length: 24)
        let flow = try flow(.egress, Packet.v6(next: 0, chain + udp))
        #expect(flow.ipProtocol == .udp)
        #expect(flow.servicePort == 53)
        #expect(flow.counters == FlowCounters(egressBytes: UInt64(40 + chain.count + udp.count), egressPackets: 1))
    }

    @Test func tooManyExtensionHeadersAreALossByName() throws {
        let chain = (0..<9).flatMap { _ in Packet.extensionHeader(next: 60) }
        let packet = Packet.v6(next: 60, chain)
        let loss = try loss(.egress, packet)
        #expect(loss.reason == "malformed")
        #expect(loss.counters == FlowCounters(egressBytes: UInt64(packet.count), egressPackets: 1))
    }

    @Test func noNextHeaderIsAProtocolOfItsOwn() throws {
        let flow = try flow(.egress, Packet.v6(next: 59, [1, 2, 3, 4]))
        #expect(flow.ipProtocol == IPProtocol(rawValue: 59))
        #expect(flow.servicePort == 0)
        #expect(flow.counters.egressBytes == 44)
    }

    @Test func v4Fragments() throws {
        let first = try flow(
            .egress,
            Packet.v4(protocol: Self.udp, moreFragments: true, Packet.udp(9000, 53, data: 1472))
        )
        #expect(first.servicePort == 53)
        #expect(first.counters.egressBytes == 1500)
        let later = try flow(
            .egress,
            Packet.v4(protocol: Self.udp, fragmentOffset: 1480, [UInt8](repeating: 0, count: 20))
        )
        #expect(later.servicePort == 0, "a later fragment has no ports, and its payload must not be read as ports")
        #expect(later.ipProtocol == .udp)
        #expect(later.counters == FlowCounters(egressBytes: 40, egressPackets: 1))
    }

    @Test func v6Fragments() throws {
        let header = Packet.fragmentHeader(next: Self.udp, offset: 0, more: true)
        let first = try flow(.egress, Packet.v6(next: 44, header + Packet.udp(9000, 53, data: 100)))
        #expect(first.servicePort == 53)
        #expect(first.counters.egressBytes == 40 + 8 + 108)
        let later = try flow(
            .egress,
            Packet.v6(
                next: 44,
                Packet.fragmentHeader(next: Self.udp, offset: 1448, more: false) + [UInt8](repeating: 0, count: 30)
            )
        )
        #expect(later.servicePort == 0)
        #expect(later.ipProtocol == .udp)
        #expect(later.counters.egressBytes == 78)
    }

    @Test(arguments: [(6, 32), (17, 23), (1, 20)])
    func truncatedV4TransportIsALossByName(number: Int, length: Int) throws {
        let whole = Packet.v4(protocol: UInt8(number), Packet.tcp(1, 2))
        let packet = Array(whole.prefix(length))
        let loss = try loss(.ingress, packet)
        #expect(loss.reason == "malformed")
        #expect(loss.counters == FlowCounters(ingressBytes: UInt64(length), ingressPackets: 1))
    }

    /// The kernel's test run itself refuses packets without a whole IP header, so 20 and 40 bytes are the shortest.
    @Test func everyTruncationIsAllowedAndBooked() throws {
        let packets = [
            (Packet.v4(protocol: Self.tcp, options: [1, 1, 1, 1], Packet.tcp(1, 2, data: 3)), 20),
            (Packet.v6(next: 0, Packet.extensionHeader(next: Self.tcp, length: 16) + Packet.tcp(1, 2)), 40),
            (Packet.v6(next: 44, Packet.fragmentHeader(next: 17, offset: 0, more: true) + Packet.udp(1, 2)), 40),
        ]
        let hook = try meter.hook(.egress)
        for (packet, shortest) in packets {
            for length in shortest...packet.count {
                #expect(try hook(Array(packet.prefix(length))) == 1)
                let drain = try meter.take()
                let booked = drain.flows.map(\.counters) + drain.losses.map(\.counters)
                #expect(booked == [FlowCounters(egressBytes: UInt64(length), egressPackets: 1)], "length \(length)")
            }
        }
    }

    @Test(arguments: [0x00, 0x50, 0x43, 0xf5])
    func otherVersionsAndShortHeaderLengthsAreALossByName(first: UInt8) throws {
        var packet = Packet.v4(protocol: Self.tcp, Packet.tcp(1, 2))
        packet[0] = first
        let loss = try loss(.egress, packet)
        #expect(loss.reason == "malformed")
        #expect(loss.counters.egressBytes == 40)
    }

    @Test func icmpEchoTellsWhoAsked() throws {
        let request = try flow(.egress, Packet.v4(protocol: 1, [8, 0, 0, 0, 0, 1, 0, 1]))
        #expect(request.initiator == .pod)
        #expect(request.servicePort == 0)
        let reply = try flow(.ingress, Packet.v6(next: 58, [129, 0, 0, 0, 0, 1, 0, 1]))
        #expect(reply.initiator == .pod)
        let asked = try flow(.ingress, Packet.v4(protocol: 1, [8, 0, 0, 0, 0, 1, 0, 1]))
        #expect(asked.initiator == .remote)
        let other = try flow(.ingress, Packet.v4(protocol: 1, [3, 1, 0, 0, 0, 0, 0, 0]))
        #expect(other.initiator == .unknown)
    }

    @Test func otherProtocolsAreBookedUnderTheirNumber() throws {
        let flow = try flow(.ingress, Packet.v4(protocol: 132, [UInt8](repeating: 1, count: 28)))
        #expect(flow.ipProtocol == IPProtocol(rawValue: 132))
        #expect(flow.initiator == .unknown)
        #expect(flow.counters == FlowCounters(ingressBytes: 48, ingressPackets: 1))
    }

    /// `len + (segments - 1) x (network + transport header)` is what crosses the wire.
    @Test(arguments: [UInt32(0), 3])
    func superPacketsCountTheirSegments(segments: UInt32) throws {
        var context = __sk_buff()
        context.gso_segs = segments  // 0: not said, so computed from the size
        context.gso_size = 1000
        let tcp = Packet.tcp(40_000, 443, options: [UInt8](repeating: 1, count: 12), data: 2500)
        let v4 = try flow(.egress, Packet.v4(protocol: Self.tcp, tcp), context: context)
        #expect(v4.counters == FlowCounters(egressBytes: 3 * (20 + 32) + 2500, egressPackets: 3))
        let v6 = try flow(.ingress, Packet.v6(next: Self.tcp, tcp), context: context)
        #expect(v6.counters == FlowCounters(ingressBytes: 3 * (40 + 32) + 2500, ingressPackets: 3))
        let udp = Packet.udp(40_000, 4433, data: 2500)
        let quic = try flow(.egress, Packet.v4(protocol: Self.udp, udp), context: context)
        #expect(quic.counters == FlowCounters(egressBytes: 3 * (20 + 8) + 2500, egressPackets: 3))
    }

    @Test func countersAreDeltas() throws {
        let packet = Packet.v4(protocol: Self.tcp, Packet.tcp(40_000, 443))
        #expect(try flow(.egress, packet).counters.egressPackets == 1)
        #expect(try meter.take().flows.isEmpty)
        #expect(try flow(.egress, packet).counters.egressPackets == 1)
    }

    @Test func ownerIsTheSocketsCgroup() throws {
        let flow = try flow(.egress, Packet.v4(protocol: Self.tcp, Packet.tcp(40_000, 443)))
        #expect(flow.cgroupID == (try MeteredCgroup.ownID()))
        #expect(flow.viaLoopback, "a test run's device is the loopback interface")
    }
}
