// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HummingbirdTesting
import Ledger
import Queries
import TestSupport
import Testing
import Traffic
import Wire

@testable import Classifier

@Suite struct UsageRouteTests {
    @Test(arguments: [
        ("colour=red", "colour"),
        ("start=yesterday", "start"),
        ("start=now&end=-1h", "start"),
        ("step=90s", "step"),
        ("step=0m", "step"),
        ("group_by=color", "group_by"),
        ("order=size", "order"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("format=xml", "format"),
        ("limit=1&limit=2", "limit"),
        ("start=%zz", "start"),
    ])
    func aWrongParameterIsNamed(query: String, parameter: String) async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.get("/api/v1/usage?\(query)")
                #expect(response.status == .badRequest, "\(response.text)")
                let problem = try response.problem()
                #expect(problem.parameter == parameter)
                #expect(problem.detail.contains(parameter))
            }
    }

    @Test(
        arguments: [
            ("", nil, "application/json"),
            ("", "text/csv", "text/csv; charset=utf-8; header=present"),
            ("", "text/html, */*;q=0.8", "application/json"),
            ("", "text/plain", "text/plain; charset=utf-8"),
            ("format=csv", nil, "text/csv; charset=utf-8; header=present"),
            ("format=csv", "application/json", "text/csv; charset=utf-8; header=present"),
            ("format=json", "image/png", "application/json"),
            ("format=table", nil, "text/plain; charset=utf-8"),
        ] as [(String, String?, String)]
    )
    func theFormatIsWhatWasAskedFor(query: String, accept: String?, contentType: String) async throws {
        try await TestClassifier()
            .run { client in
                try await client.post(FlowBatch.test())
                let response = try await client.get("/api/v1/usage?\(query)", accept: accept)
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == contentType)
                #expect(!response.text.isEmpty)
            }
    }

    @Test func whatCannotBeWrittenIsNotAcceptable() async throws {
        try await TestClassifier()
            .run { client in
                let response = try await client.get("/api/v1/usage", accept: "image/png, text/html")
                #expect(response.status == .notAcceptable)
                let problem = try response.problem()
                #expect(problem.field == "accept")
                #expect(problem.detail.contains("text/csv"))
            }
    }

    @Test func aLateBatchIsBookedInItsOwnMinute() async throws {
        try await TestClassifier()
            .run { client in
                let day: Int64 = 86_400
                try await client.post(FlowBatch.test(start: TestClassifier.start - 3 * day))
                #expect(try await client.usage("start=-1d").counters.isZero)
                #expect(try await client.usage("start=-3d&end=-71h").total["egress_bytes"] == 1000)
            }
    }

    @Test func everyAnswerEqualsTheModel() async throws {
        let seed = SeededRandom().seed
        let classifier = try TestClassifier {
            $0.destinations = TrafficModel.destinations
            $0.retention.minute = 4 * 86_400
        }
        try await classifier.run { client in
            var random = SeededRandom(seed: seed)
            var model = TrafficModel(destinations: TrafficModel.destinations)
            var sequences: [String: UInt64] = [:]
            for _ in 0..<60 {
                let node = ["node-a", "node-bb", "n"].randomElement(using: &random) ?? "n"
                sequences[node, default: 0] += 1
                // The last three days, minutes' borders included.
                let second = TestClassifier.start - Int64.random(in: 10...(3 * 86_400), using: &random)
                let start = (Bool.random(using: &random) ? second : second / 60 * 60) * 1_000_000_000
                let batch = TrafficModel.randomBatch(
                    node: node,
                    sequence: sequences[node] ?? 1,
                    startNanoseconds: start,
                    &random
                )
                #expect(try await client.post(batch).outcome == .applied)
                model.add(batch)
                if Bool.random(using: &random) {
                    #expect(try await client.post(batch).outcome == .duplicate)
                }
            }
            for _ in 0..<80 {
                try await compare(RandomQuery(&random), client, model, "seed \(seed)")
            }
        }
    }

    /// Asks `query` as JSON and as CSV, and compares both with `model`.
    private func compare(
        _ query: RandomQuery,
        _ client: any TestClientProtocol,
        _ model: TrafficModel,
        _ comment: Comment
    ) async throws {
        let expected = model.sums(
            start: query.start,
            end: query.end,
            step: query.step,
            groupBy: query.groupBy,
            filters: query.filters
        )
        let document = try await client.usage(query.text)
        var found: [TrafficModel.Group: FlowCounters] = [:]
        for row in document.rows {
            let bucket = row["start"].flatMap { UTCTime(rfc3339: $0.text)?.secondsSinceEpoch } ?? query.start
            let group = TrafficModel.Group(bucket: bucket, values: query.groupBy.map { row[$0]?.text ?? "absent" })
            #expect(found[group] == nil, comment)
            found[group] = FlowCounters(
                row: row.compactMapValues { if case .number(let number) = $0 { number } else { nil } }
            )
        }
        #expect(TrafficModel.differences(found.filter { !$0.value.isZero }, expected) == [], comment)
        #expect(document.counters == expected.values.reduce(into: .zero) { $0 += $1 }, comment)
        let lost = document.lost.map { Loss(reason: $0.reason, counters: $0.counters) }
        #expect(Set(lost) == model.lost(start: query.start, end: query.end), comment)

        let csv = try await client.get("/api/v1/usage?\(query.text)&format=csv").text
        let lines = CSVText.cells(csv)
        let columns =
            (query.step == nil ? [] : ["start"]) + query.groupBy
            + ["egress_bytes", "ingress_bytes", "egress_packets", "ingress_packets"]
        #expect(lines.first == columns, comment)
        let rows = document.rows.map { row in columns.map { row[$0]?.text ?? "absent" } }
        #expect(Array(lines.dropFirst()) == rows, comment)
    }
}

/// A random question about the last days.
private struct RandomQuery {
    var start: Int64
    var end: Int64
    var step: Int64?
    var groupBy: [String]
    var filters: [String: Set<String>]
    var text: String

    init(_ random: inout SeededRandom) {
        let unit = [60, 3600, 86_400].randomElement(using: &random) ?? 60 as Int64
        let steps = Int64.random(in: 1...(3 * 86_400 / unit), using: &random)
        end = (TestClassifier.start / unit + 1) * unit
        start = end - steps * unit
        step = [nil, 3600, 86_400, 7200].randomElement(using: &random) ?? nil
        let names = Dimension.allCases.map(\.rawValue).shuffled(using: &random)
        groupBy = Array(names.prefix(Int.random(in: 0...4, using: &random)))
        let choices: [(String, [String])] = [
            ("scope", Scope.allCases.map(\.rawValue)),
            ("node", ["node-a", "node-bb", "n"]),
            ("initiator", ["pod", "remote", "unknown"]),
            ("owner_kind", ["unit", "pod", "unattributed"]),
        ]
        filters = [:]
        for (name, values) in choices where Int.random(in: 0..<4, using: &random) == 0 {
            let count = Int.random(in: 1...values.count, using: &random)
            filters[name] = Set(values.shuffled(using: &random).prefix(count))
        }
        var parts = ["start=\(UTCTime(secondsSinceEpoch: start))", "end=\(UTCTime(secondsSinceEpoch: end))"]
        if let step { parts.append("step=\(step / 60)m") }
        parts += groupBy.map { "group_by=\($0)" }
        parts += filters.map { "\($0.key)=\($0.value.joined(separator: ","))" }
        text = parts.joined(separator: "&")
    }
}
