// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Queries
import Zones

/// `netledger usage`: one question, one answer.
struct UsageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usage",
        abstract: "Show how many bytes were booked, by any dimensions, over any time.",
        usage: "netledger usage [<options>]",
        discussion: """
            Who sent how much in the last hour:
              netledger usage --by namespace --last 1h

            Which pods of two namespaces talked to the internet yesterday, the ten largest:
              netledger usage --by namespace,pod --where scope=internet --where namespace=shop,pay \\
                --start 2026-08-01 --end 2026-08-02 --limit 10

            A CSV file with a line per hour and zone:
              netledger usage --by zone --last 7d --step 1h --format csv > zones.csv

            Dimensions: \(Queries.Dimension.allCases.map(\.rawValue).joined(separator: ", ")).
            Tables show rounded units; JSON and CSV hold exact bytes.
            """
    )

    @OptionGroup var period: PeriodOptions

    @OptionGroup var groups: GroupOptions

    @Option(help: ArgumentHelp("Also show another period: previous.", valueName: "period"))
    var compare: String?

    @Option(help: "Sort by bytes, egress_bytes, ingress_bytes or group.")
    var order: String?

    @Option(help: "table, json or csv.")
    var format = AnswerFormat.table

    @Option(help: "Units of bytes in tables: decimal (kB, MB), binary (KiB, MiB) or exact.")
    var units = ByteUnits.decimal

    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        // Found here, a mistake is named by its flag and costs no request.
        _ = try parameters(now: Int64(Date().timeIntervalSince1970))
    }

    mutating func run() async throws {
        let client = try server.client()
        let parameters = try parameters(now: Int64(Date().timeIntervalSince1970))
        switch format {
        case .table:
            let width = StandardOutput.size?.columns
            try StandardOutput.write(await client.usage(parameters).table(units: units, width: width))
        case .json, .csv:
            try await Download(path: "/api/v1/usage", parameters: parameters + [("format", format.rawValue)])
                .run(from: client)
            if format == .json { try StandardOutput.write("\n") }
        }
    }

    /// The query as the API takes it, checked.
    ///
    /// - Throws: `ValidationError` that names the flag at fault.
    func parameters(now: Int64) throws -> [(name: String, value: String)] {
        var parameters = try period.parameters(now: now) + groups.parameters()
        if let compare { parameters.append(("compare", compare)) }
        if let order { parameters.append(("order", order)) }
        do throws(QueryError) {
            var checked = QueryParameters(parameters)
            checked.zones = Zone.named
            _ = try UsageQuery(parameters: checked, now: now)
        } catch {
            throw ValidationError("\(flag(of: error.parameter)): \(error.detail).")
        }
        return parameters
    }

    private func flag(of parameter: String) -> String {
        ["start", "end", "tz"].contains(parameter) ? period.flag(of: parameter) : groups.flag(of: parameter)
    }
}
