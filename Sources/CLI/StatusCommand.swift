// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Queries

/// `netledger status`: what a classifier says about itself.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the ledger, the nodes that feed it, how far behind they are, and what was lost.",
        usage: "netledger status [<options>]"
    )

    /// How the report is written.
    enum Format: String, CaseIterable, ExpressibleByArgument {
        case table
        case json
    }

    @Option(help: "table or json.")
    var format = Format.table

    @Option(help: "Units of bytes in tables: decimal (kB, MB), binary (KiB, MiB) or exact.")
    var units = ByteUnits.decimal

    @OptionGroup var server: ServerOptions

    mutating func run() async throws {
        let client = try server.client()
        switch format {
        case .table: try StandardOutput.write(await client.status().table(units: units))
        case .json: try StandardOutput.write(await client.get("/api/v1/status") + [UInt8(ascii: "\n")])
        }
    }
}
