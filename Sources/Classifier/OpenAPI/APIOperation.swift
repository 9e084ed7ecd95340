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

        /// The same, which must be there.
        var required: Parameter {
            var parameter = self
            parameter.isRequired = true
            return parameter
        }
    }

    var path: String
    var method = "get"
    var summary: String
    var parameters: [Parameter] = []
    /// Media type of the request's body.
    var requestType: String?
    /// Media types of the answer.
    var answerTypes: [String]

    private static let reports = ["application/json", "text/csv", "text/plain"]

    /// Every route of the classifier, in the order of the document.
    static let all: [APIOperation] = [
        APIOperation(
            path: "/api/v1/usage",
            summary: "How many bytes, over which time, grouped by what.",
            parameters: usage,
            answerTypes: reports
        ),
        APIOperation(
            path: "/api/v1/costs",
            summary: "What bytes cost by the price book, or by saved bills, over which time, grouped by what.",
            parameters: costs,
            answerTypes: reports
        ),
        APIOperation(
            path: "/api/v1/nat",
            summary: "The bytes that NAT gateways charge for, and what they cost.",
            parameters: nat,
            answerTypes: reports
        ),
        APIOperation(
            path: "/api/v1/diff",
            summary: "Which groups explain the change from one time to another.",
            parameters: diff,
            answerTypes: reports
        ),
        APIOperation(
            path: "/api/v1/focus",
            summary: "What every workload cost on every day, as FOCUS 1.2 CSV.",
            parameters: focus,
            answerTypes: ["text/csv"]
        ),
        APIOperation(
            path: "/api/v1/close",
            summary: "The months that were closed, and whether one still is what was closed.",
            parameters: close,
            answerTypes: ["application/json"]
        ),
        APIOperation(
            path: "/api/v1/close",
            method: "post",
            summary: "Freezes a month that is over; if it was closed and has changed, adds a restatement.",
            parameters: close.filter { $0.name == "month" }.map(\.required),
            answerTypes: ["application/json"]
        ),
        APIOperation(
            path: "/api/v1/status",
            summary: "What the ledger holds and how far each node has come.",
            answerTypes: ["application/json"]
        ),
        APIOperation(
            path: "/api/v1/bills",
            summary: "The bills that are saved, or one as CSV.",
            parameters: bills,
            answerTypes: ["application/json", "text/csv"]
        ),
        APIOperation(
            path: "/api/v1/bills",
            method: "post",
            summary: "Saves what bytes caused of a bill in FOCUS or AWS's cost and usage report, for allocated costs.",
            parameters: bills.map(\.required),
            requestType: "text/csv",
            answerTypes: ["application/json"]
        ),
        APIOperation(
            path: "/api/v1/bills",
            method: "delete",
            summary: "Removes a saved bill.",
            parameters: bills.map(\.required),
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
}
