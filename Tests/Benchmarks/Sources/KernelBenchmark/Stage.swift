// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Instruments
import Synchronization
import TestSupport

/// Where it is measured: two namespaces on a link, cgroups for every variant at either end.
final class Stage: Sendable {
    /// What the command line asks for.
    let options: KernelOptions
    /// The cgroups.
    let cgroups: CgroupLab

    private let network: NetworkLab
    private let logs: TemporaryDirectory
    private let program: String
    /// The next server's port: each run has its own, so that no connection waits for an older one's remains.
    private let port = Mutex<UInt16>(10_000)

    init(_ options: KernelOptions) throws {
        self.options = options
        program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        logs = try TemporaryDirectory()
        cgroups = try CgroupLab()
        network = try NetworkLab()
        try allowRepetition()
    }

    /// Removes namespaces and cgroups, with what still runs in them.
    func clear() {
        cgroups.remove()
        network.remove()
        logs.remove()
    }

    /// Leaves nothing behind when the user or the system has enough.
    func clearOnSignals() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM, SIGHUP]
            .map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler {
                    self.clear()
                    exit(128 + number)
                }
                source.resume()
                return source
            }
    }

    /// Writes a line to standard error.
    func tell(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Has the link take super-packets whole, or not.
    func setOffloads(_ on: Bool) throws {
        let features = ["rx", "tx", "gso", "tso", "gro"].flatMap { [$0, on ? "on" : "off"] }
        for host in network.hosts {
            try Shell.run(host.command(["ethtool", "-K", NetworkLab.Host.interface] + features))
        }
    }

    /// Runs `traffic` from one side to the other, and tells what arrived.
    func run(_ traffic: TrafficKind, from client: Side, to server: Side) async throws -> TrafficReport {
        let port = port.withLock { port in
            port = port < 30_000 ? port + 2 : 10_000
            return port
        }
        let (near, far) = (network.hosts[0], network.hosts[1])
        let milliseconds = options.isQuick ? 100 : 400
        let listener = try start(.server, traffic, near: far, far: near, in: server, port, milliseconds)
        try await listener.waitForLine(containing: "ready")
        let sender = try start(.client, traffic, near: near, far: far, in: client, port, milliseconds)
        try await sender.waitForSuccess(within: .seconds(20))
        try await listener.waitForSuccess(within: .seconds(20))
        let line = listener.output.split(separator: "\n").last ?? ""
        return try JSONDecoder().decode(TrafficReport.self, from: Data(line.utf8))
    }

    /// Runs this program as the source of `flows` flows, a datagram each.
    func makeFlows(_ flows: Int, in group: CgroupLab.Group) async throws {
        let child = try ChildProcess(
            [program, FlowSource.command, "\(flows)", group.path],
            outputPath: logs.file("flows-\(UUID().uuidString).log")
        )
        try await child.waitForSuccess(within: .seconds(120))
    }

    private func start(
        _ role: TrafficSide.Role,
        _ traffic: TrafficKind,
        near: NetworkLab.Host,
        far: NetworkLab.Host,
        in side: Side,
        _ port: UInt16,
        _ milliseconds: Int
    ) throws -> ChildProcess {
        let command = [
            program, TrafficSide.command, role.rawValue, traffic.rawValue, "\(near.v4)", "\(far.v4)", "\(port)",
            "\(milliseconds)",
        ]
        return try ChildProcess(
            side.group.entering(near.command(command)),
            outputPath: logs.file("\(role.rawValue)-\(UUID().uuidString).log")
        )
    }

    /// Undoes what the lab does to keep TCP from repeating packets: a lost one must not cost three seconds here.
    private func allowRepetition() throws {
        for host in network.hosts {
            try Shell.run(
                host.command([
                    "sysctl", "-q", "net.ipv4.tcp_early_retrans=3", "net.ipv4.tcp_recovery=1",
                    "net.ipv4.tcp_reordering=3",
                ])
            )
            let network = "\(host.v4)".split(separator: ".").dropLast().joined(separator: ".") + ".0/24"
            try Shell.run([
                "ip", "-n", host.namespace, "route", "replace", network, "dev", NetworkLab.Host.interface,
            ])
        }
    }
}
