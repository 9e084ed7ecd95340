// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Queries

/// `netledger diff`: what explains a change.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show which groups explain the change between two times, in bytes and in money.",
        usage: "netledger diff [<options>]",
        discussion: """
            What changed since last week:
              netledger diff --last 7d --by namespace,pod,network,scope --limit 20

            October against September:
              netledger diff --month 2026-10 --before-start 2026-09-01 --before-end 2026-10-01

            Without --before-start and --before-end the earlier time is as long and ends where the later one starts. \
            Money needs a price book.
            """
    )

    @OptionGroup var period: PeriodOptions

    @Option(
        name: .customLong("before-start"),
        parsing: .unconditional,
        help: ArgumentHelp("Start of the earlier time; the forms of --start.", valueName: "time")
    )
    var beforeStart: String?

    @Option(
        name: .customLong("before-end"),
        parsing: .unconditional,
        help: ArgumentHelp("End of the earlier time.", valueName: "time")
    )
    var beforeEnd: String?

    @Option(help: ArgumentHelp("Dimensions to group by, separated by commas.", valueName: "dimensions"))
    var by = "namespace,pod,network,scope"

    @Option(help: ArgumentHelp("Name only the first groups, and sum the others in one line.", valueName: "groups"))
    var limit = 20

    @Option(help: "Sort by the change of cost or of bytes.")
    var order: DiffQuery.Order?

    @OptionGroup var output: ReportOutput
    @OptionGroup var server: ServerOptions

    mutating func run() async throws {
        var parameters = try period.parameters(now: Int64(Date().timeIntervalSince1970))
        if let beforeStart { parameters.append(("before_start", beforeStart)) }
        if let beforeEnd { parameters.append(("before_end", beforeEnd)) }
        if !by.isEmpty { parameters.append(("group_by", by)) }
        if let order { parameters.append(("order", order.rawValue)) }
        parameters.append(("limit", String(limit)))
        try await output.write("/api/v1/diff", parameters, from: server.client())
    }
}
