// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

extension APIOperation {
    static let usage: [Parameter] =
        [
            Parameter(
                name: "start",
                summary:
                    "RFC 3339, a date (midnight in tz), now, or a duration before now. Default: an hour before end.",
                example: "-30d"
            ),
            Parameter(name: "end", summary: "The same forms. Default: now.", example: "now"),
            Parameter(
                name: "step",
                summary: "Width of the answer's buckets: whole minutes, or months as in 1M. Default: one bucket.",
                example: "1h"
            ),
            Parameter(
                name: "tz",
                summary: "A name of the time zone database, for dates, days and months. Default: UTC.",
                example: "UTC"
            ),
            Parameter(
                name: "group_by",
                summary: "Dimensions of the rows, separated by commas.",
                example: "namespace",
                values: Dimension.allCases.map(\.rawValue),
                repeats: true
            ),
            Parameter(
                name: "order",
                summary: "What the groups are sorted by. Default: bytes.",
                example: "bytes",
                values: UsageQuery.Order.allCases.map(\.rawValue)
            ),
            Parameter(
                name: "limit",
                summary: "Groups to name, 1 to \(UsageQuery.largestLimit); the rest is summed up as other.",
                example: "10",
                range: 1...UsageQuery.largestLimit
            ),
            Parameter(
                name: "compare",
                summary: "Also the period of the same length just before.",
                example: "previous",
                values: ["previous"]
            ),
            Parameter(
                name: "format",
                summary: "What is answered, whatever the Accept header says.",
                example: "json",
                values: AnswerFormat.allCases.map(\.rawValue)
            ),
        ] + dimensions

    static let explain: [Parameter] = [
        Parameter(name: "remote", summary: "The address to explain.", example: "8.8.8.8", isRequired: true),
        Parameter(
            name: "local",
            summary: "Where it is seen from: a node's name, or region/zone.",
            example: "eu-west-1/eu-west-1a"
        ),
        Parameter(name: "port", summary: "The port at the peer, such as 443 or 53/udp.", example: "443"),
        Parameter(name: "at", summary: "When: the forms of start. Default: now.", example: "now"),
        Parameter(
            name: "format",
            summary: "What is answered, whatever the Accept header says.",
            example: "json",
            values: ["json", "table"]
        ),
    ]

    private static let usageNames = usage.filter { $0.name != "compare" }

    private static let style: [Parameter] = [
        Parameter(
            name: "units",
            summary: "Units of bytes in tables. Default: decimal.",
            example: "decimal",
            values: ByteUnits.allCases.map(\.rawValue)
        ),
        Parameter(name: "width", summary: "Characters in a line of a table.", example: "120", range: 20...10_000),
    ]

    static let costs: [Parameter] =
        usageNames.map { parameter in
            var parameter = parameter
            switch parameter.name {
            case "group_by": parameter.values = parameter.values.map { $0 + [CostQuery.lineName] }
            case "order":
                parameter.values = CostQuery.Order.allCases.map(\.rawValue)
                parameter.summary = "What the groups are sorted by. Default: cost."
            default: break
            }
            return parameter
        } + style + [
            Parameter(
                name: CostQuery.lineName,
                summary: "Lines of the price book that count.",
                example: "nat-gateway-processing",
                repeats: true
            ),
            Parameter(name: "charge", summary: "Charges whose lines count.", example: "nat", repeats: true),
            Parameter(
                name: "basis",
                summary: "estimate, by the price book, or allocated, by saved bills. Default: estimate.",
                example: "estimate",
                values: ["estimate", "allocated"]
            ),
            Parameter(
                name: "bill",
                summary: "Saved bills that count, with basis=allocated. Default: all of the time.",
                example: "february",
                repeats: true
            ),
        ]

    static let bills: [Parameter] = [
        Parameter(name: "name", summary: "What the bill is saved as.", example: "february")
    ]

    static let nat: [Parameter] =
        usageNames.map { parameter in
            var parameter = parameter
            if ["nat", "nat!"].contains(parameter.name) { parameter.example = NATUse.assumed.rawValue }
            return parameter
        } + style

    static let diff: [Parameter] =
        usageNames.filter { $0.name != "step" }
        .map { parameter in
            var parameter = parameter
            if parameter.name == "order" {
                parameter.values = DiffQuery.Order.allCases.map(\.rawValue)
                parameter.summary = "What sorts the groups by their change. Default: cost."
            }
            return parameter
        } + style + [
            Parameter(
                name: "before_start",
                summary: "Start of the earlier time. Default: as long as the later time before before_end.",
                example: "-60d"
            ),
            Parameter(name: "before_end", summary: "End of the earlier time. Default: start.", example: "-30d"),
        ]

    static let focus: [Parameter] = usage.filter { ["start", "end", "tz"].contains($0.name) } + dimensions

    static let close: [Parameter] = [
        Parameter(name: "month", summary: "A calendar month (UTC).", example: "2026-02"),
        Parameter(
            name: "revision",
            summary: "Which document of the month; needs month.",
            example: "1",
            range: 1...Int.max
        ),
    ]

    private static let dimensions: [Parameter] = Dimension.allCases.flatMap { dimension in

        [
            Parameter(
                name: dimension.rawValue,
                summary: "Values that count, separated by commas (\\, is a comma in a value); empty for unknown.",
                example: dimension.values?.first ?? "a",
                values: dimension.values,
                repeats: true
            ),
            Parameter(
                name: dimension.rawValue + "!",
                summary: "Values that do not count.",
                example: dimension.values?.first ?? "a",
                values: dimension.values,
                repeats: true
            ),
        ]
    }
}
