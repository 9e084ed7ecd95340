// SPDX-License-Identifier: Apache-2.0
import Capture
import TestSupport
import Testing
import Traffic

/// A meter of a lab's cgroups beside the counters on the lab's wire.
struct Metering {
    let lab: WireLab
    let meter: Meter
    private let before: WireCounters.Reading

    /// Begins to meter: what crossed the wire until now does not count.
    ///
    /// - Parameter detail: How much of the kernel may be read; where it gives less, the test is cancelled.
    init(_ lab: WireLab, detail: KernelDetail? = nil) throws {
        self.lab = lab
        before = try lab.wire.read()
        meter = try Meter(
            MeterConfiguration(cgroupRoot: lab.cgroupPath, flowCapacity: 16_384, detail: detail ?? .packets)
        )
        if let detail, meter.detail != detail { try Test.cancel("this kernel does not let \(detail) be read") }
    }

    /// Makes a lab, meters it while `traffic` runs, and expects every flow to be what crossed the wire.
    ///
    /// - Parameters:
    ///   - name: What is proved, for the line that tells the result.
    ///   - adjust: Where the meter is known to differ: turns what crossed the wire into what it should say.
    static func expectTheWire(
        _ name: String,
        _ lab: WireLab,
        at location: SourceLocation = #_sourceLocation,
        adjust: (inout WireAccounts) throws -> Void = { _ in },
        while traffic: () async throws -> Void
    ) async throws {
        let metering = try Metering(lab)
        try await traffic()
        try await metering.expectTheWire(name, at: location, adjust: adjust)
    }

    /// Ends the metering and expects every flow to be what crossed the wire.
    func expectTheWire(
        _ name: String,
        losses expectedLosses: Set<String> = [],
        at location: SourceLocation = #_sourceLocation,
        adjust: (inout WireAccounts) throws -> Void = { _ in }
    ) async throws {
        let (metered, wire, losses) = try await finish()
        var expected = wire
        try adjust(&expected)
        var difference: Int64 = 0
        for account in Set(expected.keys).union(metered.keys) {
            let (meter, truth) = (metered[account, default: .zero], expected[account, default: .zero])
            #expect(meter == truth, "\(name): \(account)", sourceLocation: location)
            difference += abs(Int64(meter.egressBytes) - Int64(truth.egressBytes))
            difference += abs(Int64(meter.ingressBytes) - Int64(truth.ingressBytes))
        }
        #expect(Set(losses.map(\.reason)) == expectedLosses, "\(name): \(losses)", sourceLocation: location)
        let packets = wire.values.reduce(0) { $0 + $1.egressPackets + $1.ingressPackets }
        #expect(packets > 0, "\(name): no traffic proves nothing", sourceLocation: location)
        print("wire: \(name): \(packets) packets at both ends, \(difference) bytes off")
    }

    /// Ends the metering; what was metered, and what crossed the wire, by the same names.
    func finish() async throws -> (metered: WireAccounts, wire: WireAccounts, losses: [Loss]) {
        try await lab.settle()
        meter.detach()
        let drain = try meter.drain()
        let groups = try Dictionary(uniqueKeysWithValues: lab.groups.enumerated().map { try ($1.id(), $0) })
        var metered: WireAccounts = [:]
        for flow in drain.flows {
            let account = WireAccount(
                host: try #require(groups[flow.cgroupID], "a flow of no host: \(flow)"),
                remote: flow.remote,
                servicePort: flow.servicePort,
                ipProtocol: flow.ipProtocol,
                initiator: flow.initiator
            )
            metered[account, default: .zero] += flow.counters
        }
        return (metered, lab.accounts(try lab.wire.read().since(before)), drain.losses)
    }
}
