// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Logging
import NIOCore

/// `netledger-agent run`, which is also what the program does without a subcommand.
struct AgentRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Meter this host until SIGTERM or SIGINT.",
        discussion: """
            A flag wins over its environment variable, that over the file given with --config, that over the default.

            As it is, the hooks end with the agent, and what waits for the classifier waits in memory. With --pin the \
            kernel goes on counting while no agent runs: remove the hooks with "netledger-agent detach". With --spool \
            a batch is on disk before the kernel forgets its bytes. With both, an agent that is killed loses nothing \
            and repeats nothing.
            """
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
