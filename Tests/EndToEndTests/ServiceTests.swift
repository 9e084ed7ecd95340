// SPDX-License-Identifier: Apache-2.0
import CNetwork
import Capture
import Conntrack
import Foundation
import Logging
import TestSupport
import Testing
import Traffic

@testable import Agent

/// Connections to service addresses, translated by a node, and the backends that they are booked to.
@Suite(.serialized, .whereMeteringWorks, .enabled(if: TestEnvironment.has("conntrack"), "needs conntrack"))
struct ServiceTests {
    private let lock: MachineLock
    private let lab: ServiceLab
    private let counters = AgentCounters()

    init() async throws {
        lock = try await MachineLock()
        lab = try ServiceLab()
    }

    /// A meter of the lab's client whose flows are resolved by the lab's node.
    private func source(pins: String? = nil) throws -> ResolvedSource<Meter> {
        let meter = try Meter(
            MeterConfiguration(
                cgroupRoot: lab.cgroupPath,
                flowCapacity: 16_384,
                pinDirectory: pins,
                services: ServiceLab.blocks
            )
        )
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        return ResolvedSource(meter, backends: try backends(), counters: counters, logger: logger)
    }

    /// Begins to watch the connections of the lab's node.
    private func backends() throws -> ServiceBackends {
        try inside("/run/netns/" + lab.node.namespace) { try ServiceBackends(services: ServiceLab.blocks) }
    }

    /// Runs `body` with the calling thread in a network namespace.
    private func inside<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        let home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        let other = open(path, O_RDONLY | O_CLOEXEC)
        defer {
            close(home)
            close(other)
        }
        try #require(netledger_enter_network(other) == 0)
        defer { netledger_enter_network(home) }
        return try body()
    }

    /// What a drain says, by backend; a flow that has not the client's side of it is an issue.
    private func booked(_ drain: Drain) throws -> [ServiceLab.Backend: FlowCounters] {
        #expect(drain.losses.isEmpty)
        let owner = try lab.client.id()
        return drain.flows.reduce(into: [:]) { sums, flow in
            #expect(flow.cgroupID == owner && flow.initiator == .pod && flow.local == nil)
            let end = SocketEnd(address: flow.remote, port: flow.servicePort)
            sums[ServiceLab.Backend(end: end, ipProtocol: flow.ipProtocol), default: .zero] += flow.counters
        }
    }

    @Test func everyByteIsBookedToItsBackend() async throws {
        defer { lab.remove() }
        var source = try source()
        for v6 in [false, true] {
            try await lab.run(.tcp, v6: v6, connections: 40, bytes: 20_000, replyBytes: 3_000)
            try await lab.run(.udp, v6: v6, connections: 20, bytes: 300, replyBytes: 900)
        }
        // What has come and gone before the drain is known all the same.
        try lab.forgetConnections()
        source.detach()
        let drain = try source.drain()
        let truth = try lab.truth()
        #expect(truth.count == 8, "two backends, two families, two protocols")
        let booked = try booked(drain)
        for (backend, wire) in truth {
            #expect(booked[backend] == wire, "\(backend)")
        }
        #expect(Set(booked.keys) == Set(truth.keys))
        #expect(drain.flows.count == 8, "one flow for all connections to a backend")
        let tally = counters.snapshot.services
        #expect(tally.unresolved.isZero && tally.overruns == 0 && tally.refused == 0)
        let sum = truth.values.reduce(into: FlowCounters.zero) { $0 += $1 }
        #expect(tally.resolved == sum)
    }

    @Test func whatNobodyTranslatesKeepsTheServicesAddress() async throws {
        defer { lab.remove() }
        var source = try source()
        try lab.sendNowhere()
        source.detach()
        let drain = try source.drain()
        let flow = try #require(drain.flows.first)
        #expect(drain.flows.count == 1 && flow.local == nil)
        #expect(flow.remote == IPAddress("10.96.0.99") && flow.servicePort == ServiceLab.port)
        #expect(flow.counters == FlowCounters(egressBytes: 20 + 8 + 5, egressPackets: 1))
        #expect(counters.snapshot.services.unresolved == flow.counters)
    }

    /// One connection takes a slot, so it has to go sooner than others, and to be found again after a restart.
    @Test func slotsOfConnectionsAreGivenBack() async throws {
        defer { lab.remove() }
        let pins = try PinMount()
        var total = FlowCounters.zero
        do {
            var source = try source(pins: pins.path)
            try await lab.run(.tcp, v6: false, connections: 30, bytes: 1_000, replyBytes: 1_000)
            let drain = try source.drain()
            #expect(drain.maps.first?.entries == 30)
            total = drain.flows.reduce(into: total) { $0 += $1.counters }
            try source.commit()
        }
        // Another process takes over.
        var source = try source(pins: pins.path)
        for _ in 0..<5 {
            total = try source.drain().flows.reduce(into: total) { $0 += $1.counters }
            try source.commit()
        }
        #expect(try source.drain().maps.first?.entries == 0, "after two drains without a byte")
        let index = try Shell.run(["bpftool", "-j", "map", "dump", "pinned", pins.path + "/v2-1/flow_index"])
        let ends = try Shell.run(["bpftool", "-j", "map", "dump", "pinned", pins.path + "/v2-1/sources"])
        #expect(!index.contains("key") && !ends.contains("key"), "\(index) \(ends)")
        // The ports may be used again, with the slots.
        try await lab.run(.tcp, v6: false, connections: 30, bytes: 1_000, replyBytes: 1_000)
        source.detach()
        total = try source.drain().flows.reduce(into: total) { $0 += $1.counters }
        let truth = try lab.truth().values.reduce(into: FlowCounters.zero) { $0 += $1 }
        #expect(total == truth)
    }
}
