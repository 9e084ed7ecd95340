// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Queries

/// What a question counts, and how its answer is cut.
struct GroupOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Dimensions to group by, separated by commas.", valueName: "dimensions"))
    var by = Queries.Dimension.namespace.rawValue

    @Option(help: ArgumentHelp("Cut the time into buckets: 1m, 5m, 1h, 1d, 1M.", valueName: "duration"))
    var step: String?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Count only what has this value, or one of several: scope=internet,cross_region; or what has not: "
                + "scope!=internet. May be repeated.",
            valueName: "dimension=value"
        )
    )
    var filters: [String] = []

    @Option(help: ArgumentHelp("Name only the first groups, and sum the others in one line.", valueName: "groups"))
    var limit: Int?

    /// The options as parameters of the API.
    ///
    /// - Throws: `ValidationError` that names the flag at fault.
    func parameters() throws -> [(name: String, value: String)] {
        var parameters: [(name: String, value: String)] = []
        if let step { parameters.append(("step", step)) }
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
        if let limit { parameters.append(("limit", String(limit))) }
        return parameters
    }

    /// The flag that said `parameter`.
    func flag(of parameter: String) -> String {
        switch parameter {
        case "group_by": "--by"
        case _ where Queries.Dimension(rawValue: parameter.replacing("!", with: "")) != nil: "--where \(parameter)"
        default: "--\(parameter)"
        }
    }
}
