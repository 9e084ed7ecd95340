// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation

/// `netledger nat`: the NAT review.
struct NATCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nat",
        abstract: "Show the bytes that NAT gateways charge for, both directions of what was started from inside.",
        usage: "netledger nat [<options>]",
        discussion: """
            The NAT review of last month, by namespace:
              netledger nat --last-month

            By pod and destination, as CSV:
              netledger nat --last-month --by namespace,pod,network --format csv > nat.csv

            Bytes count if the configuration's rules (nat:) lead them through a gateway, or if nobody said how they \
            go; the latter are stated apart. With a price book there is an estimate of what they cost.
            """
    )

    @OptionGroup var period: PeriodOptions
    @OptionGroup var groups: GroupOptions
    @OptionGroup var output: ReportOutput
    @OptionGroup var server: ServerOptions

    mutating func run() async throws {
        let now = Int64(Date().timeIntervalSince1970)
        let parameters = try period.parameters(now: now) + groups.parameters()
        try await output.write("/api/v1/nat", parameters, from: server.client())
    }
}
