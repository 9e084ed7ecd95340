// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// `netledger-agent spool`: what waits on disk, also while an agent uses it.
struct AgentSpoolCommand: ParsableCommand {
    /// How the answer is written.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case table
        case json
    }

    static let configuration = CommandConfiguration(
        commandName: "spool",
        abstract: "Show the batches on disk: those that wait, those that are kept, and what is damaged or too old.",
        discussion: """
            It only reads, so it may be run while an agent uses the spool. Batches that were delivered are kept for the \
            minute of their interval and the next, as long as there is room: a ledger that was restored asks for them.
            """
    )

    @Option(help: ArgumentHelp("The directory that was given to the agent (NETLEDGER_SPOOL).", valueName: "directory"))
    var spool: String?

    @Option(
        name: .customLong("spool-age"),
        help: ArgumentHelp("The age that was given to the agent (NETLEDGER_SPOOL_AGE).", valueName: "duration")
    )
    var spoolAge: String?

    @Option(help: ArgumentHelp("The agent's YAML file (NETLEDGER_CONFIG).", valueName: "file"))
    var config: String?

    @Option(help: "table or json.")
    var format = Format.table

    func run() throws {
        let flags = [("--spool", spool), ("--spool-age", spoolAge), ("--config", config)]
            .flatMap { flag, value in value.map { [flag, $0] } ?? [] }
        let settings = try AgentOptions.parse(flags).resolve(environment: ProcessInfo.processInfo.environment)
        guard let path = settings.spool else {
            throw ValidationError("Say with --spool which directory the batches are in.")
        }
        let now = HostClock().now()
        let (seconds, _) = settings.spoolAge.components
        let found = try SpoolInspection(SpoolDirectory(path: path), horizon: now - seconds * 1_000_000_000)
        switch format {
        case .table: print(found.text(at: now), terminator: "")
        case .json: print(String(decoding: try found.json(), as: UTF8.self))
        }
    }
}
