// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Capture
import Foundation

/// `netledger doctor`: whether the meter works on this node, and how exactly.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check whether this node can be metered, and measure known traffic.",
        usage: "netledger doctor [<options>]",
        discussion: """
            Run it on the node, as root. It prints one line per check: ok, warn, FAIL or "not checked", what was \
            looked at, what was found, and what to do next. The exit status is 1 if anything failed.

            The self-test loads a meter of its own into a cgroup of its own, sends known bytes over loopback and \
            between two network namespaces, and compares: UDP with the sum of what was sent, TCP over loopback with \
            what the kernel's TCP says of each connection, the namespaces with their interfaces' counters. It takes \
            a second or two. An agent that runs on this node is not disturbed; it counts the traffic as that of \
            a cgroup named netledger-doctor-<process id>. Everything is removed again.

            Without the self-test nothing is changed:
              netledger doctor --skip-self-test
            """
    )

    /// How the report is written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table
        case json
    }

    @Option(help: "table or json.")
    var format = Format.table

    @Option(help: ArgumentHelp("Where cgroup v2 is mounted; found if not given.", valueName: "dir"))
    var cgroupRoot: String?

    @Option(help: ArgumentHelp("Directory in which the agent pins its maps and hooks.", valueName: "dir"))
    var pin = "/sys/fs/bpf/netledger"

    @Flag(help: "Only look; send no traffic.")
    var skipSelfTest = false

    mutating func run() async throws {
        let capabilities = CapabilityCheck.read()
        let kernel = KernelCheck.read()
        let cgroups = CgroupCheck.read(root: cgroupRoot)
        var findings = kernel.findings + capabilities.findings + cgroups.findings
        findings += HookCheck.read(root: cgroups.root).findings
        findings += PinCheck.read(directory: pin).findings
        findings += ClockCheck.read().findings
        var report = DoctorReport(findings: findings)
        if skipSelfTest {
            report.findings.append(.notChecked("self-test", "--skip-self-test was given"))
        } else if let root = cgroups.root {
            let result = try await SelfTest(cgroupRoot: root).runInterruptibly()
            report.findings += result.findings
            report.rows = result.rows
        } else {
            report.findings.append(.notChecked("self-test", "there is no cgroup v2 to measure in"))
        }
        switch format {
        case .table: try StandardOutput.write(report.table())
        case .json: try StandardOutput.write(report.json())
        }
        if !report.isHealthy { throw ExitCode.failure }
    }
}
