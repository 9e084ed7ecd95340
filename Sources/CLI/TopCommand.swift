// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Queries

/// `netledger top`: the largest talkers, live.
struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch who talks most, until Ctrl-C.",
        usage: "netledger top [<options>]",
        discussion: """
            The last ten minutes, refreshed every two seconds:
              netledger top

            Once, for a script:
              netledger top --once --by namespace --last 1h

            On a terminal the table is redrawn in place; elsewhere it is written again whenever it has changed.
            Times are whole minutes, so the window may begin up to a minute earlier than asked; its first line says.
            """
    )

    @OptionGroup var options: TopOptions

    @Option(help: ArgumentHelp("Length of time until now.", valueName: "duration"))
    var last = "10m"

    @Flag(help: "Write the table once.")
    var once = false

    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        guard DurationText.seconds(last) != nil else {
            throw ValidationError("--last: '\(last)' is not a duration, such as 90m, 1h or 30d.")
        }
    }

    mutating func run() async throws {
        let client = try server.client()
        var view = LiveView(isTerminal: StandardOutput.isTerminal && !once)
        try await options.talkers(start: "-" + last)
            .show(from: client, every: once ? nil : options.refreshInterval, in: &view)
    }
}

/// What a live table shows and how often.
struct TopOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Dimensions to group by, separated by commas.", valueName: "dimensions"))
    var by = "namespace,pod,scope"

    @Option(help: "The most groups to name; what is beyond is one line.")
    var rows = 20

    @Option(help: ArgumentHelp("Time between two refreshes of the table.", valueName: "duration"))
    var refresh = "2s"

    @Option(help: "Units of bytes: decimal (kB, MB), binary (KiB, MiB) or exact.")
    var units = ByteUnits.decimal

    mutating func validate() throws {
        guard DurationText.seconds(refresh) != nil else {
            throw ValidationError("--refresh: '\(refresh)' is not a duration, such as 2s or 1m.")
        }
        do throws(QueryError) {
            _ = try UsageQuery(parameters: [("group_by", by), ("limit", String(rows))], now: 60)
        } catch {
            throw ValidationError("\(error.parameter == "limit" ? "--rows" : "--by"): \(error.detail).")
        }
    }

    /// Time between two refreshes.
    var refreshInterval: Duration {
        .seconds(DurationText.seconds(refresh) ?? 2)
    }

    /// The question, for the time from `start` on.
    func talkers(start: String) -> TopTalkers {
        TopTalkers(by: by, start: start, rows: rows, units: units)
    }
}
