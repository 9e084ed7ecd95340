// SPDX-License-Identifier: Apache-2.0
import CFlow
import CLibBPF
import TestSupport
import Testing
import Traffic

@testable import Capture

/// The places in which established connections remember their flow.
@Suite(.enabled(if: TestEnvironment.canMeter, "needs root, cgroup v2 and BPF"))
struct PlaceTests {
    /// As many as `PLACES` in maps.h.
    private static let places: UInt64 = 65_536
    private let meter: Meter
    private let random = SeededRandom()

    init() throws {
        meter = try Meter(MeterConfiguration(cgroupRoot: CgroupLab.mountPoint ?? "", flowCapacity: 16_384))
    }

    /// Cookie of the socket that has the place of `cookie`; 0 if it is free.
    private func owner(ofPlace cookie: UInt64) throws -> UInt64 {
        var number = UInt32(cookie % Self.places)
        // Lock, reserved, cookie, state: struct place.
        var value = [UInt64](repeating: 0, count: 4)
        try #require(bpf_map_lookup_elem(meter.object.map("places"), &number, &value) == 0)
        return value[1]
    }

    /// A socket whose place is that of `cookie`.
    private func neighbour(of cookie: UInt64) throws -> LoopbackSocket {
        while true {
            let socket = try LoopbackSocket(.tcp)
            if socket.cookie % Self.places == cookie % Self.places { return socket }
        }
    }

    /// Payload, in and out, that the pod's side counted for a port of one connection.
    private func payload(_ port: UInt16, in drain: Drain, connections: Int = 1) -> [Int] {
        drain.flows.filter { $0.servicePort == port && $0.initiator == .pod }
            .reduce(into: [0, 0]) { sums, flow in
                // A SYN and its answer have 60 bytes of headers, every other packet 52.
                sums[0] += Int(flow.counters.ingressBytes) - 52 * Int(flow.counters.ingressPackets) - 8 * connections
                sums[1] += Int(flow.counters.egressBytes) - 52 * Int(flow.counters.egressPackets) - 8 * connections
            }
    }

    @Test func connectionsThatShareAPlaceKeepTheirFlows() throws {
        var random = random
        var listeners: [LoopbackSocket] = []
        var pairs: [(client: LoopbackSocket, server: LoopbackSocket)] = []
        for _ in 0..<3 {
            let client = try pairs.first.map { try neighbour(of: $0.client.cookie) } ?? LoopbackSocket(.tcp)
            let listener = try LoopbackSocket(.tcp)
            try listener.listen()
            try client.connect(to: listener.port)
            pairs.append((client, try listener.accept()))
            listeners.append(listener)
        }
        let cookie = pairs[0].client.cookie
        #expect(try owner(ofPlace: cookie) == cookie)
        var truth = [[Int]](repeating: [0, 0], count: pairs.count)
        for _ in 0..<60 {
            let which = Int.random(in: 0..<pairs.count, using: &random)
            let count = Int.random(in: 1...3000, using: &random)
            if Bool.random(using: &random) {
                try pairs[which].client.send(count)
                try pairs[which].server.receive(count)
                truth[which][1] += count
            } else {
                try pairs[which].server.send(count)
                try pairs[which].client.receive(count)
                truth[which][0] += count
            }
        }
        meter.detach()
        let drain = try meter.take()
        #expect(listeners.map { payload($0.port, in: drain) } == truth, "seed \(random.seed)")
    }

    @Test func aPlaceIsGivenBackAndTakenAgain() throws {
        let listener = try LoopbackSocket(.tcp)
        try listener.listen()
        var cookie: UInt64
        do {
            let client = try LoopbackSocket(.tcp)
            try client.connect(to: listener.port)
            let server = try listener.accept()
            cookie = client.cookie
            #expect(try owner(ofPlace: cookie) == cookie)
            // The server closes first, so that the client's end is over when its socket is closed.
            try server.shutDown(.write)
            try client.receiveEnd()
            try client.shutDown(.write)
            try server.receiveEnd()
        }
        #expect(try owner(ofPlace: cookie) == 0)
        let next = try neighbour(of: cookie)
        try next.connect(to: listener.port)
        let server = try listener.accept()
        #expect(try owner(ofPlace: cookie) == next.cookie)
        try next.send(1000)
        try server.receive(1000)
        // A socket that is disconnected has no connection to remember.
        try next.disconnect()
        #expect(try owner(ofPlace: cookie) == 0)
        meter.detach()
    }

    /// One place, and a crowd of neighbours that come and go.
    @Test func nothingIsLostAmongNeighboursThatComeAndGo() throws {
        var random = random
        let listener = try LoopbackSocket(.tcp)
        try listener.listen()
        var open: [(client: LoopbackSocket, server: LoopbackSocket)] = []
        let first = try LoopbackSocket(.tcp)
        var sent = 0
        var connections = 0
        for round in 0..<8 {
            let client = round == 0 ? first : try neighbour(of: first.cookie)
            try client.connect(to: listener.port)
            connections += 1
            open.append((client, try listener.accept()))
            for pair in open {
                let count = Int.random(in: 1...2000, using: &random)
                try pair.client.send(count)
                try pair.server.receive(count)
                sent += count
            }
            if open.count > 2 {
                let gone = open.remove(at: Int.random(in: 0..<open.count, using: &random))
                try gone.client.shutDown(.write)
                try gone.server.receiveEnd()
                try gone.server.shutDown(.write)
                try gone.client.receiveEnd()
            }
        }
        meter.detach()
        #expect(
            payload(listener.port, in: try meter.take(), connections: connections) == [0, sent],
            "seed \(random.seed)"
        )
    }
}
