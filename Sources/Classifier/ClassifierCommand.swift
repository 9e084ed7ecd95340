// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import UnixSignals

/// `netledger-classifier`: takes the batches of the agents, classifies and books them, and answers questions.
@main
struct ClassifierCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "netledger-classifier",
        abstract: "Books the network bytes that agents count, and answers who sent how many where.",
        discussion: """
            Agents post to /v1/flows. Read the ledger at /api/v1/usage, /api/v1/status and /metrics; probe /healthz \
            and /readyz.

            The rules (destinations, networks, nat, feeds) are loaded again on SIGHUP, and when the file changes.

            Every flag is also a key of the YAML file, and an environment variable. Flags win over variables, \
            variables over the file. SIGTERM and SIGINT stop it cleanly: running requests are answered and what \
            waits is committed.
            """,
        version: Version.current
    )

    /// How long running requests may take after a signal before they are cut off.
    private static let patience = Duration.seconds(30)

    @OptionGroup var options: ClassifierOptions

    @Flag(help: "Check the configuration, print what is probably not meant, and exit: 0 if it can be used, else 1.")
    var check = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let options = options
        let settings = try options.resolve(environment: environment)
        if check {
            for line in try ConfigurationCheck(settings).lines { print(line) }
            return
        }
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: Self.configuration.commandName ?? "netledger-classifier")
        logger.logLevel = settings.logLevel
        let application = try buildApplication(
            settings: settings,
            source: ConfigurationSource(path: options.configurationPath(environment: environment)) {
                try options.resolve(environment: environment)
            },
            logger: logger
        )
        var group = ServiceGroupConfiguration(
            services: [application],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: application.logger
        )
        group.maximumGracefulShutdownDuration = Self.patience
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            throw ServeError(error, listen: settings.listen)
        }
    }
}
