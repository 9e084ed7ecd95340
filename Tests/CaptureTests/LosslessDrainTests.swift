// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import TestSupport
import Testing
import Traffic

@testable import Capture

/// Drains without a pause while all processors send: every flow's sum is the truth.
///
/// A flow that one drain finds idle is retired, so slots are given back and taken anew all the time, under sockets that
/// remember them and under datagrams that are on their way.
@Suite(.serialized, .enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct LosslessDrainTests {
    private static let remotes = 600
    private static let perThread = 40_000

    private let lock: MachineLock

    init() async throws {
        lock = try await MachineLock()
    }

    @Test func everyFlowIsExactWhileItsSlotIsRetired() throws {
        let random = SeededRandom()
        let server = try LoopbackSocket(.udp)
        try server.bind(at: 0)
        let port = server.port
        let meter = try Meter(
            MeterConfiguration(cgroupRoot: #require(CgroupLab.mountPoint), flowCapacity: 4096, idleDrains: 1)
        )
        let senders = try (0..<ProcessInfo.processInfo.activeProcessorCount)
            .map {
                try Sender(port: port, remotes: Self.remotes, seed: random.seed &+ UInt64($0))
            }
        let finished = Atomic<Int>(0)
        for sender in senders {
            Thread.detachNewThread {
                sender.send(Self.perThread)
                finished.add(1, ordering: .sequentiallyConsistent)
            }
        }
        var booked: [IPAddress: FlowCounters] = [:]
        var overflow = FlowCounters.zero
        var (drains, appearances, givenBack, live) = (0, 0, 0, 0)
        let take = {
            let drain = try meter.take()
            let before = live
            live = drain.maps.reduce(0) { $0 + Int($1.entries) }
            givenBack += max(0, before - live)
            for flow in drain.flows where flow.ipProtocol.rawValue == 0 { overflow += flow.counters }
            for flow in drain.flows where flow.servicePort == port && flow.initiator == .pod {
                booked[flow.remote, default: .zero] += flow.counters
                appearances += 1
            }
            drains += 1
        }
        while finished.load(ordering: .sequentiallyConsistent) < senders.count { try take() }
        meter.detach()
        try take()
        try take()

        var truth: [IPAddress: FlowCounters] = [:]
        for sender in senders { for (remote, sent) in sender.sent { truth[remote, default: .zero] += sent } }
        let packets = truth.values.reduce(0) { $0 + $1.egressPackets }
        print(
            "drain: \(packets) packets of \(truth.count) flows in \(drains) drains, \(givenBack) slots given back, seed \(random.seed)"
        )
        #expect(packets > 10_000 && truth.count > 100)
        #expect(drains > 10, "the drain was too slow to prove anything")
        #expect(appearances > truth.count, "no flow was drained twice")
        #expect(givenBack > 100, "too few slots were given back to prove anything")
        for (remote, counters) in truth {
            #expect(booked[remote] == counters, "\(remote), seed \(random.seed), in overflow \(overflow)")
        }
        #expect(booked.count == truth.count)
    }
}

/// Sends datagrams to many loopback addresses, through connected sockets and an unconnected one, in random order.
private final class Sender: Sendable {
    private let port: UInt16
    private let remotes: Int
    private let seed: UInt64
    private let unconnected: LoopbackSocket
    private let connected: [LoopbackSocket]
    private let counted = Mutex<[IPAddress: FlowCounters]>([:])

    /// What was sent, by remote, as IPv4 and UDP headers and payload.
    var sent: [IPAddress: FlowCounters] { counted.withLock(\.self) }

    init(port: UInt16, remotes: Int, seed: UInt64) throws {
        self.port = port
        self.remotes = remotes
        self.seed = seed
        unconnected = try LoopbackSocket(.udp)
        connected = try (0..<remotes / 3)
            .map { number in
                let socket = try LoopbackSocket(.udp)
                try socket.connect(to: port, at: Self.address(number))
                return socket
            }
    }

    /// Sends `count` datagrams in bursts: a remote is busy for a moment, then idle.
    func send(_ count: Int) {
        var random = SeededRandom(seed: seed)
        var sums: [IPAddress: FlowCounters] = [:]
        var left = count
        while left > 0 {
            let number = Int.random(in: 0..<remotes, using: &random)
            let size = Int.random(in: 1...200, using: &random)
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                // Nobody reads: the receiver's buffer fills up, which does not concern the sending side. A datagram
                // that could not be sent at all was not sent.
                let isSent =
                    number < connected.count
                    ? (try? connected[number].send(size)) != nil
                    : (try? unconnected.send(size, to: port, at: Self.address(number))) != nil
                left -= 1
                guard isSent else { continue }
                let counters = FlowCounters(egressBytes: UInt64(size + 28), egressPackets: 1)
                sums[IPAddress(v4: Self.address(number)), default: .zero] += counters
            }
        }
        counted.withLock { $0 = sums }
    }

    private static func address(_ number: Int) -> UInt32 {
        0x7f01_0000 + UInt32(number)
    }
}
