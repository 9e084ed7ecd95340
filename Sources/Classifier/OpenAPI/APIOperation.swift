// SPDX-License-Identifier: Apache-2.0
import Queries

/// What the OpenAPI document says about one route.
struct APIOperation: Sendable {
    /// One query parameter.
    struct Parameter: Sendable {
        var name: String
        var summary: String
        var example: String
        /// The values it takes, if they can be listed.
        var values: [String]?
        /// True if it may be given more than once.
        var repeats = false
        /// True if the request is refused without it.
        var isRequired = false
    }

    var path: String
    var method = "get"
    var summary: String
    var parameters: [Parameter] = []
    /// Media type of the request's body.
    var requestType: String?
    /// Media types of the answer.
    var answerTypes: [String]

    /// Every route of the classifier, in the order of the document.
    static let all: [APIOperation] = [
        APIOperation(
            path: "/api/v1/usage",
            summary: "How many bytes, over which time, grouped by what.",
            parameters: usage,
            answerTypes: ["application/json", "text/csv", "text/plain"]
        ),
        APIOperation(
            path: "/api/v1/status",
            summary: "What the ledger holds and how far each node has come.",
            answerTypes: ["application/json"]
        ),
        APIOperation(
            path: "/api/v1/explain",
            summary: "Which rule decides about an address, and why.",
            parameters: explain,
            answerTypes: ["application/json", "text/plain"]
        ),
        APIOperation(
            path: "/api/v1/backup",
            summary: "A copy of the whole ledger as it is now: an SQLite file.",
            answerTypes: ["application/vnd.sqlite3"]
        ),
        APIOperation(
            path: "/api/v1/openapi.json",
            summary: "This document.",
            answerTypes: ["application/json"]
        ),
        APIOperation(
            path: "/metrics",
            summary: "Counters and gauges for Prometheus.",
            answerTypes: ["text/plain"]
        ),
        APIOperation(path: "/healthz", summary: "The process answers.", answerTypes: ["text/plain"]),
        APIOperation(path: "/readyz", summary: "The ledger takes batches.", answerTypes: ["text/plain"]),
        APIOperation(
            path: "/v1/flows",
            method: "post",
            summary: "Books one batch of an agent; answered when it is durable.",
            requestType: "application/x-protobuf",
            answerTypes: ["application/x-protobuf"]
        ),
        APIOperation(
            path: "/write-network-statistics",
            method: "post",
            summary: "Books the payload of an acll19/netledger v0.1 agent.",
            requestType: "application/json",
            answerTypes: ["text/plain"]
        ),
    ]

    private static let usage: [Parameter] =
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
                example: "10"
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
        ]
        + Dimension.allCases.flatMap { dimension in
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

    private static let explain: [Parameter] = [
        Parameter(name: "remote", summary: "The address to explain.", example: "8.8.8.8", isRequired: true),
        Parameter(
            name: "local",
            summary: "Where it is seen from: a node's name, or region/zone.",
            example: "eu-west-1/eu-west-1a"
        ),
        Parameter(name: "at", summary: "When: the forms of start. Default: now.", example: "now"),
        Parameter(
            name: "format",
            summary: "What is answered, whatever the Accept header says.",
            example: "json",
            values: ["json", "table"]
        ),
    ]
}
