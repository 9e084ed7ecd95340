// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Capture
import Foundation
import Traffic
import UnixSignals

/// Sends known bytes and compares them with what a meter of its own counts.
struct SelfTest: Sendable {
    /// Where cgroup v2 is mounted.
    let cgroupRoot: String

    private static let attempts = 3

    /// Runs it until it is done or a signal asks to stop; everything is removed in either case.
    ///
    /// - Throws: `ExitCode` 130 after a signal.
    func runInterruptibly() async throws -> SelfTestResult {
        let interruption = Interruption()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let listener = Task {
            for await _ in signals { interruption.set() }
        }
        defer { listener.cancel() }
        // A thread of its own: it blocks, and it changes its network namespace.
        let result = await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: Result { try run(interruption) }) }.start()
        }
        do {
            return try result.get()
        } catch SelfTestError.interrupted {
            throw ExitCode(128 + SIGINT)
        }
    }

    /// Runs it on this thread.
    ///
    /// - Throws: ``SelfTestError/interrupted``, after everything was removed.
    func run(_ interruption: Interruption) throws -> SelfTestResult {
        var result = SelfTestResult()
        let cgroup: SelfTestCgroup
        do {
            cgroup = try SelfTestCgroup(root: cgroupRoot)
        } catch {
            result.obstacles.append(.init(part: "all of it", reason: "\(error)"))
            return result
        }
        var failure: (any Error)?
        do {
            try measure(in: cgroup, interruption, into: &result)
        } catch {
            failure = error
        }
        do {
            try cgroup.remove()
        } catch {
            result.obstacles.append(.init(part: "removal", reason: "\(error)", isFailure: true))
        }
        if let failure { throw failure }
        return result
    }

    private func measure(
        in cgroup: SelfTestCgroup,
        _ interruption: Interruption,
        into result: inout SelfTestResult
    ) throws {
        let meter: Meter
        do {
            meter = try Meter(MeterConfiguration(cgroupRoot: cgroup.path, flowCapacity: 1024))
        } catch {
            result.obstacles.append(.init(part: "meter", reason: error.description, isFailure: true))
            return
        }
        defer { meter.detach() }
        result.detail = meter.detail
        let pair: NamespacePair?
        do {
            pair = try NamespacePair()
        } catch {
            pair = nil
            result.obstacles.append(.init(part: SelfTestRow.Path.namespaces.rawValue, reason: "\(error)"))
        }
        for path in SelfTestRow.Path.allCases where path == .loopback || pair != nil {
            for transport in ProbeSocket.Transport.allCases {
                for version in ProbeSocket.Version.allCases {
                    try interruption.check()
                    do {
                        result.rows += try rows(path, transport, version, meter, pair)
                    } catch let error as CaptureError {
                        result.obstacles.append(.init(part: "meter", reason: error.description, isFailure: true))
                    } catch {
                        let part = "\(path.rawValue), \(transport.rawValue) \(version.rawValue)"
                        result.obstacles.append(.init(part: part, reason: "\(error)"))
                    }
                }
            }
        }
    }

    /// One exchange, and what the meter says of it.
    private func rows(
        _ path: SelfTestRow.Path,
        _ transport: ProbeSocket.Transport,
        _ version: ProbeSocket.Version,
        _ meter: Meter,
        _ pair: NamespacePair?
    ) throws -> [SelfTestRow] {
        func end(_ number: Int) -> IPAddress {
            pair == nil || path == .loopback ? version.loopback : NamespacePair.address(version, end: number)
        }
        func open(_ number: Int) throws -> ProbeSocket {
            guard let pair, path == .namespaces else { return try ProbeSocket(transport, version) }
            return try pair.socket(transport, version, end: number)
        }
        let exchange = Exchange(
            transport: transport,
            version: version,
            hasFragments: meter.detail == .packets,
            clientSocket: { try open(0) },
            serverSocket: { try open(1) },
            client: end(0),
            server: end(1)
        )
        for attempt in 1... {
            _ = try meter.drain()
            try meter.commit()
            let before = path == .namespaces ? try pair?.counters() : nil
            do {
                let sum = try exchange.run()
                let after = path == .namespaces ? try pair?.counters() : nil
                let drain = try meter.drain()
                try meter.commit()
                return [true, false]
                    .map { isSent in
                        var expected = sum
                        if let before, let after {
                            expected = isSent ? after.sent - before.sent : after.received - before.received
                        }
                        return SelfTestRow(
                            path: path,
                            transport: transport,
                            version: version,
                            isSent: isSent,
                            expected: expected,
                            measured: Self.sum(of: drain, isSent: isSent)
                        )
                    }
            } catch SelfTestError.repeated where attempt < Self.attempts {
                continue
            }
        }
        throw SelfTestError.repeated
    }

    /// Everything that the meter counted in one direction; nothing but the test is in its cgroup.
    private static func sum(of drain: Drain, isSent: Bool) -> PacketSum {
        drain.flows.reduce(into: PacketSum()) { sum, flow in
            let counters = flow.counters
            sum +=
                isSent
                ? PacketSum(bytes: counters.egressBytes, packets: counters.egressPackets)
                : PacketSum(bytes: counters.ingressBytes, packets: counters.ingressPackets)
        }
    }
}
