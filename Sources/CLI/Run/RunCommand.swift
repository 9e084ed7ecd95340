// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Queries

/// `netledger run`: classifier and agent on this host, with a live table.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Meter this host: start the classifier and the agent, and show the top talkers until Ctrl-C.",
        usage: "netledger run [<options>]",
        discussion: """
            As root, with the ledger in netledger.db of this directory:
              netledger run

            With your networks described (destinations:) and the place of this host:
              netledger run --classifier-config netledger.yaml --region r1 --zone r1a

            Ctrl-C stops the agent first, which uploads what it has counted, then the classifier.
            Their logs are in netledger-logs. The ledger stays, and the next run goes on with it.
            """
    )

    @OptionGroup var options: RunOptions
    @OptionGroup var table: TopOptions

    mutating func run() async throws {
        let plan = try RunPlan(options, ownPath: RunPlan.ownPath())
        let runner = Runner(plan: plan, talkers: table.talkers(start: "now"), refresh: table.refreshInterval)
        try await runner.run()
    }
}

/// What `netledger run` starts, and how.
struct RunOptions: ParsableArguments {
    @Option(help: ArgumentHelp("SQLite file that holds the ledger; made if missing.", valueName: "file"))
    var database = "netledger.db"

    @Option(help: ArgumentHelp("Address and port of the classifier.", valueName: "address"))
    var listen = "127.0.0.1:8080"

    @Option(help: ArgumentHelp("Address and port of the agent's metrics and health.", valueName: "address"))
    var agentListen = "127.0.0.1:9464"

    @Option(help: ArgumentHelp("Directory for classifier.log and agent.log; made if missing.", valueName: "dir"))
    var logs = "netledger-logs"

    @Option(help: ArgumentHelp("YAML file for the classifier, with destinations.", valueName: "file"))
    var classifierConfig: String?

    @Option(help: ArgumentHelp("YAML file for the agent.", valueName: "file"))
    var agentConfig: String?

    @Option(help: ArgumentHelp("Name of the cluster in the ledger.", valueName: "name"))
    var cluster: String?

    @Option(help: ArgumentHelp("Name of this host in the ledger.", valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp("Region this host stands in.", valueName: "name"))
    var region: String?

    @Option(help: ArgumentHelp("Zone this host stands in.", valueName: "name"))
    var zone: String?

    @Option(help: ArgumentHelp("Time between two drains of the kernel's counters.", valueName: "duration"))
    var interval: String?

    @Option(help: ArgumentHelp("Where cgroup v2 is mounted; found if not given.", valueName: "dir"))
    var cgroupRoot: String?

    @Option(help: ArgumentHelp("Flows that the kernel keeps between two drains.", valueName: "number"))
    var flowCapacity: String?

    @Option(help: ArgumentHelp("How much both programs log, such as debug.", valueName: "level"))
    var logLevel: String?

    @Option(
        help: ArgumentHelp("The program netledger-classifier (default: beside this one).", valueName: "file")
    )
    var classifierProgram: String?

    @Option(help: ArgumentHelp("The program netledger-agent (default: beside this one).", valueName: "file"))
    var agentProgram: String?

    @Option(help: ArgumentHelp("Time a program has to become ready.", valueName: "duration"))
    var startWithin = "30s"

    @Option(help: ArgumentHelp("Time a program has to stop, before it is killed.", valueName: "duration"))
    var stopWithin = "30s"

    mutating func validate() throws {
        for (flag, value) in [("--start-within", startWithin), ("--stop-within", stopWithin)] {
            guard DurationText.seconds(value) != nil else {
                throw ValidationError("\(flag): '\(value)' is not a duration, such as 30s or 2m.")
            }
        }
        for (flag, value) in [("--listen", listen), ("--agent-listen", agentListen)] {
            guard RunPlan.url(of: value) != nil else {
                throw ValidationError("\(flag): '\(value)' is not an address with a port, such as 127.0.0.1:8080.")
            }
        }
        guard listen != agentListen else {
            throw ValidationError("--listen and --agent-listen are both \(listen); the two programs need their own.")
        }
    }
}
