// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Queries

/// `netledger costs`: what bytes cost, by the classifier's price book.
struct CostsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "costs",
        abstract: "Show what bytes cost, by list prices or by bills, by any dimensions, over any time.",
        usage: "netledger costs [<options>]",
        discussion: """
            What each namespace cost last month, and for what:
              netledger costs --by namespace,line --last-month

            The ten pods with the largest share of internet egress this week:
              netledger costs --by namespace,pod --charge internet --last 7d --limit 10

            What was really billed last month, by namespace (after 'netledger allocate FILE --save NAME'):
              netledger costs --basis allocated --by namespace,line --last-month

            Estimates need a price book (netledger-classifier --prices FILE).
            """
    )

    @OptionGroup var period: PeriodOptions
    @OptionGroup var groups: GroupOptions

    @Option(help: ArgumentHelp("Count only these lines of the price book, separated by commas.", valueName: "lines"))
    var line: String?

    @Option(help: ArgumentHelp("Count only lines for these charges, such as nat or internet.", valueName: "charges"))
    var charge: String?

    @Option(help: "estimate, by the price book, or allocated, by saved bills.")
    var basis: String?

    @Option(help: ArgumentHelp("Count only these saved bills, separated by commas.", valueName: "names"))
    var bill: String?

    @Option(help: "Sort by cost, bytes or group.")
    var order: CostQuery.Order?

    @OptionGroup var output: ReportOutput
    @OptionGroup var server: ServerOptions

    mutating func run() async throws {
        let now = Int64(Date().timeIntervalSince1970)
        var parameters = try period.parameters(now: now) + groups.parameters()
        if let line { parameters.append(("line", line)) }
        if let charge { parameters.append(("charge", charge)) }
        if let basis { parameters.append(("basis", basis)) }
        if let bill { parameters.append(("bill", bill)) }
        if let order { parameters.append(("order", order.rawValue)) }
        try await output.write("/api/v1/costs", parameters, from: server.client())
    }
}
