// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Logging
import NIOCore

/// The program `netledger-agent`.
@main
struct AgentProgram: AsyncParsableCommand {
    /// The release.
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "netledger-agent",
        abstract: "Counts the network bytes of every cgroup on this host and sends them to the classifier.",
        discussion: """
            Needs cgroup v2 and root, or CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. It never touches the traffic. \
            A flag wins over its environment variable, that over the file given with --config, that over the default.
            """,
        version: version
    )

    @OptionGroup var options: AgentOptions

    mutating func run() async throws {
        // One loop serves the upload and the scrapes; each thread costs memory on every node of a cluster.
        NIOSingletons.groupLoopCountSuggestion = 1
        NIOSingletons.blockingPoolThreadCountSuggestion = 1
        let settings = try options.resolve(environment: ProcessInfo.processInfo.environment)
        var logger = Logger(label: "netledger-agent", factory: StreamLogHandler.standardError(label:))
        logger.logLevel = settings.logLevel
        try await Agent(settings: settings, logger: logger).run()
    }
}
