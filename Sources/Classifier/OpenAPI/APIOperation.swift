// SPDX-License-Identifier: Apache-2.0
import Queries

/// What the OpenAPI document says about one route.
struct APIOperation: Sendable {
    /// One query parameter.
    struct Parameter: Sendable {
        var name: String
        var summary: String
        var example: String
        /// The whole numbers it takes, if it is one.
        var range: ClosedRange<Int>?
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
    /// What the body is: the members that it must have, or bytes if there are none.
    var requestMembers: [Member] = []
    /// Statuses of the answer.
    var statuses = [200]
    /// Media types of the answer.
    var answerTypes: [String]
    /// Members that an answer in JSON always has.
    var answerMembers: [Member] = []

    /// A member of a JSON object; see JSON Schema for the types.
    struct Member: Sendable {
        var name: String
        var types: [String]

        fileprivate init(_ name: String, _ types: String...) {
            self.name = name
            self.types = types
        }
    }

    private static let range = [Member("start", "string"), Member("end", "string"), Member("complete", "boolean")]
    private static let groups = [Member("group_by", "array"), Member("rows", "array"), Member("total", "object")]
    private static let reports = ["application/json", "text/csv", "text/plain"]

    /// Every route of the classifier, in the order of the document.
    static let all: [APIOperation] = [
        APIOperation(
            path: "/api/v1/usage",
            summary: "How many bytes, over which time, grouped by what.",
            parameters: usage,
            answerTypes: reports,
            answerMembers: range + groups + [
                Member("step", "integer", "string", "null"), Member("tz", "string"), Member("resolution", "string"),
                Member("read", "array"), Member("pruned", "array"), Member("unattributed", "object"),
                Member("lost", "array"),
            ]
        ),
        APIOperation(
            path: "/api/v1/costs",
            summary: "What bytes cost by the price book, or by saved bills, over which time, grouped by what.",
            parameters: costs,
            answerTypes: reports,
            answerMembers: range + groups + [
                Member("cost_basis", "string"), Member("currency", "string"), Member("book", "object"),
                Member("lines", "array"),
            ]
        ),
        APIOperation(
            path: "/api/v1/nat",
            summary: "The bytes that NAT gateways charge for, and what they cost.",
            parameters: nat,
            answerTypes: reports,
            answerMembers: range + groups
        ),
        APIOperation(
            path: "/api/v1/diff",
            summary: "Which groups explain the change from one time to another.",
            parameters: diff,
            answerTypes: reports,
            answerMembers: groups + [Member("before", "object"), Member("after", "object")]
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
            statuses: [200, 201],
            answerTypes: ["application/json"],
            answerMembers: [
                Member("month", "string"), Member("revision", "integer"), Member("kind", "string"),
                Member("closed_at", "string"), Member("hash", "string"), Member("changed", "boolean"),
            ]
        ),
        APIOperation(
            path: "/api/v1/status",
            summary: "What the ledger holds and how far each node has come.",
            answerTypes: ["application/json"],
            answerMembers: [
                Member("version", "string"), Member("uptime_seconds", "integer"), Member("ledger", "object"),
                Member("totals", "object"), Member("batches", "object"), Member("nodes", "array"),
                Member("lost", "array"), Member("accounts", "array"), Member("configuration", "object"),
                Member("feeds", "array"), Member("rules", "array"),
            ]
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
            answerTypes: ["application/json", "text/plain"],
            answerMembers: [
                Member("remote", "string"), Member("at", "string"), Member("local", "object"),
                Member("scope", "string"), Member("rule", "string"), Member("network", "string"),
                Member("route", "string"), Member("overruled", "array"),
            ]
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
            requestMembers: [Member("agentNode", "string"), Member("entries", "array")],
            answerTypes: []
        ),
    ]
}
