// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Capture
import Foundation
import Traffic

/// `netledger-agent detach`: leaves the host as it was before the agent.
struct AgentDetachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach",
        abstract: "Remove the hooks and counters that were pinned with --pin.",
        discussion: """
            Stop the agent first: it drains a last time when it ends. What was counted after that is dropped here, \
            and this says how much it was. A spool stays as it is.
            """
    )

    @Option(help: ArgumentHelp("The directory that was given to the agent (NETLEDGER_PIN).", valueName: "directory"))
    var pin: String?

    @Option(help: ArgumentHelp("The agent's YAML file (NETLEDGER_CONFIG).", valueName: "file"))
    var config: String?

    func run() throws {
        let flags = [("--pin", pin), ("--config", config)].flatMap { flag, value in value.map { [flag, $0] } ?? [] }
        let settings = try AgentOptions.parse(flags).resolve(environment: ProcessInfo.processInfo.environment)
        guard let pins = settings.pin else {
            throw ValidationError("Say with --pin which directory the hooks are pinned in.")
        }
        print(try Self.detach(pins: pins, cgroupRoot: try CgroupTree.root(settings)))
    }

    /// Removes what is pinned in `pins`; returns a sentence that says what was dropped with it.
    ///
    /// - Throws: ``AgentError`` if an agent uses it, `CaptureError` if the kernel does not let it go.
    static func detach(pins: String, cgroupRoot: String) throws -> String {
        guard FileManager.default.fileExists(atPath: pins) else { return "Nothing is pinned in \(pins)." }
        let lock = try DirectoryLock(pins, of: "--pin")
        defer { lock.release() }
        let meter = try Meter(MeterConfiguration(cgroupRoot: cgroupRoot, pinDirectory: pins))
        meter.detach()
        let drain = try meter.drain()
        var dropped = FlowCounters.zero
        for flow in drain.flows { dropped += flow.counters }
        for loss in drain.losses { dropped += loss.counters }
        try meter.uninstall()
        let removed = "The hooks and counters in \(pins) are removed."
        guard !dropped.isZero else { return removed + " Everything that was counted had been drained." }
        return removed + " Dropped undelivered: \(dropped.egressBytes) bytes sent and \(dropped.ingressBytes) bytes "
            + "received since the agent's last drain."
    }
}
