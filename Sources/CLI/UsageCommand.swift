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

    @Option(help: ArgumentHelp("Dimensions to group by, separated by commas.", valueName: "dimensions"))
    var by = Queries.Dimension.namespace.rawValue

    @Option(
        help: ArgumentHelp("Length of time until now, such as 90m, 1h or 30d (default: 1h).", valueName: "duration")
    )
    var last: String?

    // A value may begin with a dash: -2h.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Start instead of --last: RFC 3339, a date, or a duration ago as -1h.", valueName: "time")
    )
    var start: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("End of the time; the same forms (default: now).", valueName: "time")
    )
    var end: String?

    @Option(help: ArgumentHelp("Cut the time into buckets: 1m, 5m, 1h, 1d, 1M.", valueName: "duration"))
    var step: String?

    @Option(help: ArgumentHelp("Time zone of dates, days and months (default: UTC).", valueName: "name"))
    var tz: String?

    @Option(help: ArgumentHelp("Also show another period: previous.", valueName: "period"))
    var compare: String?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Count only what has this value, or one of several: scope=internet,cross_region; or what has not: "
                + "scope!=internet. May be repeated.",
            valueName: "dimension=value"
        )
    )
    var filters: [String] = []

    @Option(help: "Sort by bytes, egress_bytes, ingress_bytes or group.")
    var order: String?

    @Option(help: ArgumentHelp("Name only the first groups, and sum the others in one line.", valueName: "groups"))
    var limit: Int?

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
            try StandardOutput.write(await client.usage(parameters).table(units: units))
        case .json, .csv:
            try await client.stream("/api/v1/usage", parameters + [("format", format.rawValue)]) { piece in
                try StandardOutput.write(piece)
            }
            if format == .json { try StandardOutput.write("\n") }
        }
    }

    /// The query as the API takes it, checked.
    ///
    /// - Throws: `ValidationError` that names the flag at fault.
    func parameters(now: Int64) throws -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        if let last {
            guard start == nil, end == nil else {
                throw ValidationError("--last goes up to now; leave it out, or --start and --end.")
            }
            guard DurationText.seconds(last) != nil else {
                throw ValidationError("--last: '\(last)' is not a duration, such as 90m, 1h or 30d.")
            }
            parameters.append(("start", "-" + last))
        }
        if let start { parameters.append(("start", start)) }
        if let end { parameters.append(("end", end)) }
        if let step { parameters.append(("step", step)) }
        if let tz { parameters.append(("tz", tz)) }
        if let compare { parameters.append(("compare", compare)) }
        if !by.isEmpty { parameters.append(("group_by", by)) }
        for filter in filters {
            let parts = filter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let isExclusion = parts[0].hasSuffix("!")
            guard
                parts.count == 2,
                let dimension = Queries.Dimension(rawValue: String(isExclusion ? parts[0].dropLast() : parts[0]))
            else {
                let known = Queries.Dimension.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError(
                    "--where: '\(filter)' is not dimension=value or dimension!=value; dimensions are \(known)."
                )
            }
            parameters.append((dimension.rawValue + (isExclusion ? "!" : ""), String(parts[1])))
        }
        if let order { parameters.append(("order", order)) }
        if let limit { parameters.append(("limit", String(limit))) }
        do throws(QueryError) {
            _ = try UsageQuery(parameters: parameters, now: now, zones: Zone.named)
        } catch {
            throw ValidationError("\(flag(of: error.parameter)): \(error.detail).")
        }
        return parameters
    }

    private func flag(of parameter: String) -> String {
        switch parameter {
        case "group_by": "--by"
        case "start" where last != nil: "--last"
        case _ where Queries.Dimension(rawValue: parameter.replacing("!", with: "")) != nil: "--where \(parameter)"
        default: "--\(parameter)"
        }
    }
}
