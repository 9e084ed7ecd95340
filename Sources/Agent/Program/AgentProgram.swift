// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The program `netledger-agent`.
@main
struct AgentProgram: AsyncParsableCommand {
    /// The release.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "netledger-agent",
        abstract: "Counts the network bytes of every cgroup on this host and sends them to the classifier.",
        discussion: """
            Needs cgroup v2 and root, or CAP_BPF and CAP_NET_ADMIN, better CAP_PERFMON too. It never touches \
            the traffic. Without a subcommand it runs; "netledger-agent run --help" lists the flags.
            """,
        version: version,
        subcommands: [AgentRunCommand.self, AgentDetachCommand.self, AgentSpoolCommand.self],
        defaultSubcommand: AgentRunCommand.self
    )
}
