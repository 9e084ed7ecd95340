// SPDX-License-Identifier: Apache-2.0
import Classification
import Foundation
import HTTPTypes
import HummingbirdTesting
import Ledger
import NIOCore
import Pricing
import Queries
import Settings
import TestSupport
import Testing
import Traffic

@testable import Classifier

/// An answer of `/api/v1/costs`, as a client reads it.
struct CostDocument: Decodable {
    struct Line: Decodable {
        var line: String
        var egress_bytes: UInt64
        var ingress_bytes: UInt64
        var cost: Decimal
    }

    var currency: String
    var cost_basis: String
    var rows: [[String: UsageDocument.Cell]]
    var lines: [Line]
    var total: [String: UsageDocument.Cell]
    var unpriced: [String: UInt64]?

    /// The document in `json`, whose amounts are texts.
    init(_ json: Data) throws {
        let decoder = JSONDecoder()
        self = try decoder.decode(Self.self, from: json)
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        currency = try values.decode(String.self, forKey: .currency)
        cost_basis = try values.decode(String.self, forKey: .cost_basis)
        rows = try values.decode([[String: UsageDocument.Cell]].self, forKey: .rows)
        total = try values.decode([String: UsageDocument.Cell].self, forKey: .total)
        unpriced = try values.decodeIfPresent([String: UInt64].self, forKey: .unpriced)
        lines = try values.decode([LineBody].self, forKey: .lines)
            .map { body in
                Line(
                    line: body.line,
                    egress_bytes: body.egress_bytes,
                    ingress_bytes: body.ingress_bytes,
                    cost: try #require(Decimal(string: body.cost))
                )
            }
    }

    private enum CodingKeys: CodingKey {
        case currency, cost_basis, rows, total, unpriced, lines
    }

    private struct LineBody: Decodable {
        var line: String
        var egress_bytes: UInt64
        var ingress_bytes: UInt64
        var cost: String
    }
}

extension [String: UsageDocument.Cell] {
    /// The decimal number under `name`.
    func decimal(_ name: String) throws -> Decimal {
        try #require(Decimal(string: self[name]?.text ?? ""))
    }
}

@Suite struct CostRouteTests {
    private static let book = """
        name: test
        currency: USD
        from: 2025-01-01
        lines:
          - {name: nat, charge: nat, where: {nat: [yes, assumed]}, direction: both, per: GB, price: 0.045}
          - name: egress
            charge: internet
            where: {scope: internet}
            direction: egress
            per: GB
            tiers: [{up-to: 1 GB, price: 0}, {price: 0.09}]
        """

    private func classifier(_ text: String?, now: Int64 = TestClassifier.start) throws -> TestClassifier {
        try TestClassifier(now: now) { settings in
            settings.destinations = TrafficModel.destinations
            // Questions are to the minute, months ago.
            settings.retention = .init(minute: 400 * 86_400, hour: 400 * 86_400, day: 400 * 86_400)
            settings.prices = try? text.map { try PriceBook(path: "book.yaml", text: $0) }
        }
    }

    @Test func aByteMayMeetSeveralLines() async throws {
        try await classifier(Self.book)
            .run { client in
                try await client.post(
                    FlowBatch.test(flows: [
                        .to("93.184.216.34", egress: 2_000_000_000, ingress: 10_000_000_000),
                        .to("93.184.216.34", initiator: .remote, egress: 2_000_000_000, ingress: 500),
                    ])
                )
                let response = try await client.get("/api/v1/costs?group_by=pod,line")
                #expect(response.status == .ok, "\(response.text)")
                let document = try CostDocument(Data(response.body.readableBytesView))
                #expect(document.currency == "USD")
                #expect(document.cost_basis == "estimate")
                // 12 GB through the gateway; 4 GB out, of which the month's first is free.
                #expect(document.lines.map(\.cost) == [Decimal(string: "0.54"), Decimal(string: "0.27")])
                #expect(try document.total.decimal("cost") == Decimal(string: "0.81"))
                #expect(document.rows.map { $0["line"]?.text } == ["nat", "egress", ""])
                #expect(document.unpriced == ["egress_bytes": 0, "ingress_bytes": 500])
                // The free gigabyte is everybody's: half of the bytes bear half of the cost.
                let half = try await client.get("/api/v1/costs?group_by=initiator&charge=internet&format=csv").text
                #expect(
                    CSVText.cells(half) == [
                        ["initiator", "egress_bytes", "ingress_bytes", "cost", "currency", "cost_basis"],
                        ["pod", "2000000000", "0", "0.135000000", "USD", "estimate"],
                        ["remote", "2000000000", "0", "0.135000000", "USD", "estimate"],
                    ]
                )
                let table = try await client.get("/api/v1/costs?group_by=pod&format=table&width=60").text
                #expect(table.contains("COST USD") && table.contains("0.810000"))
            }
    }

    /// A price may depend on where both sides are, as far as rules or labels say so.
    @Test func pairsOfZonesAndRegionsHavePricesOfTheirOwn() async throws {
        let text = """
            name: pairs
            currency: USD
            from: 2025-01-01
            lines:
              - {name: a-to-b, charge: zones, where: {zone: eu-a, peer_zone: eu-b}, direction: egress, per: GB, price: 1}
              - {name: eu-to-us, charge: regions, where: {region: eu, peer_region: ["us-*"]}, direction: egress, per: GB, price: 2}
              - {name: eu-to-ap, charge: regions, where: {region: eu, peer_region: ap}, direction: egress, per: GB, price: 3}
            """
        let prices = try PriceBook(path: "pairs.yaml", text: text)
        func block(_ text: String) throws -> CIDR { try #require(CIDR(text)) }
        let direct = [
            Destinations.Direct(region: "eu", zone: "eu-b", blocks: [try block("10.1.0.0/16")]),
            Destinations.Direct(region: "eu", zone: "eu-c", blocks: [try block("10.2.0.0/16")]),
            Destinations.Direct(region: "us-east", zone: nil, blocks: [try block("10.3.0.0/16")]),
            Destinations.Direct(region: "ap", zone: "ap-a", blocks: [try block("10.4.0.0/16")]),
        ]
        try await TestClassifier { settings in
            settings.destinations.directClassification = direct
            settings.prices = prices
        }
        .run { client in
            let giga: UInt64 = 1_000_000_000
            let flows = ["10.1.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1", "8.8.8.8"].map { Flow.to($0, egress: giga) }
            try await client.post(FlowBatch.test(region: "eu", zone: "eu-a", flows: flows))
            try await client.post(FlowBatch.test(node: "b", region: "us-east", zone: "us-a", flows: flows))
            let csv = try await client.get(
                "/api/v1/costs?group_by=region,peer_region,peer_zone,line&order=group&format=csv"
            )
            #expect(
                CSVText.cells(csv.text).dropFirst().filter { $0[3] != "" }.map { Array($0[0...3]) + [$0[6]] } == [
                    ["eu", "ap", "ap-a", "eu-to-ap", "3.000000000"], ["eu", "eu", "eu-b", "a-to-b", "1.000000000"],
                    ["eu", "us-east", "", "eu-to-us", "2.000000000"],
                ],
                "\(csv.text)"
            )
        }
    }

    @Test func theReviewOfGatewaysCountsBothDirections() async throws {
        for text in [Self.book, nil] {
            try await classifier(text)
                .run { client in
                    try await client.post(
                        FlowBatch.test(flows: [
                            .to("93.184.216.34", egress: 1_000_000_000, ingress: 9_000_000_000),
                            .to("93.184.216.34", initiator: .remote, egress: 77, ingress: 78),
                            .to("10.1.2.3", egress: 5, ingress: 6),
                        ])
                    )
                    let csv = try await client.get("/api/v1/nat?group_by=namespace&format=csv").text
                    let cells = CSVText.cells(csv)
                    #expect(
                        cells[0] == [
                            "namespace", "nat_egress_bytes", "nat_ingress_bytes", "nat_bytes", "assumed_bytes", "cost",
                            "currency", "cost_basis",
                        ]
                    )
                    #expect(cells.count == 2)
                    let money = text == nil ? ["", "", ""] : ["0.450000000", "USD", "estimate"]
                    #expect(
                        cells[1] == ["system.slice", "1000000000", "9000000000", "10000000000", "10000000000"] + money
                    )
                    let table = try await client.get("/api/v1/nat?group_by=namespace&format=table").text
                    #expect(table.contains("10.0 GB"))
                    #expect(table.contains("COST USD") == (text != nil))
                    let problem = try await client.get("/api/v1/nat?nat=no").problem()
                    #expect(problem.parameter == "nat")
                }
        }
    }

    @Test(arguments: [
        ("start=2024-12-31&end=2025-02-01", "start"), ("line=none", "line"), ("charge=x", "charge"),
        ("order=egress_bytes", "order"), ("group_by=line,line", "group_by"), ("width=1", "width"), ("units=x", "units"),
        ("colour=red", "colour"), ("limit=0", "limit"),
    ])
    func aWrongParameterIsNamed(query: String, parameter: String) async throws {
        try await classifier(Self.book)
            .run { client in
                let response = try await client.get("/api/v1/costs?\(query)")
                #expect(response.status == .badRequest, "\(response.text)")
                #expect(try response.problem().parameter == parameter)
            }
    }

    @Test func withoutABookThereIsNoAnswer() async throws {
        try await classifier(nil)
            .run { client in
                let response = try await client.get("/api/v1/costs")
                #expect(response.status == .conflict)
                #expect(try response.problem().detail.contains("--prices"))
            }
    }

    @Test func everyAnswerEqualsAnIndependentCalculation() async throws {
        let seed = SeededRandom().seed
        for round in 0..<4 {
            var random = SeededRandom(seed: seed &+ UInt64(round))
            let now = TestClassifier.start
            let end = UTCTime.monthStart(after: now)
            let start = UTCTime.monthStart(of: end - 100 * 86_400)
            let book = RandomPriceBook(start: start, end: end, &random)
            let comment: Comment = "seed \(seed) round \(round)\n\(book.text)"
            _ = try PriceBook(path: "book.yaml", text: book.text)
            var batches: [FlowBatch] = []
            for sequence in 1...60 as ClosedRange<UInt64> {
                let second = Int64.random(in: start..<(now - 60), using: &random)
                batches.append(
                    TrafficModel.randomBatch(
                        node: "n",
                        sequence: sequence,
                        startNanoseconds: second * 1_000_000_000,
                        &random
                    )
                )
            }
            var model = TrafficModel(destinations: TrafficModel.destinations)
            for batch in batches { model.add(batch) }
            let questions = (0..<12).map { _ in CostQuestion(start: start, end: end, &random) }
            let expected = CostModel(model, book)
            let sent = batches
            try await classifier(book.text)
                .run { client in
                    for batch in sent { try await client.post(batch) }
                    for question in questions { try await compare(question, client, expected, comment) }
                }
        }
    }

    private func compare(
        _ question: CostQuestion,
        _ client: any TestClientProtocol,
        _ model: CostModel,
        _ comment: Comment
    ) async throws {
        let response = try await client.get("/api/v1/costs?\(question.text)")
        #expect(response.status == .ok, "\(question.text): \(response.text) \(comment)")
        let document = try CostDocument(Data(response.body.readableBytesView))
        let expected = model.costs(question)
        var sum: Decimal = 0
        var found: [[String]: Decimal] = [:]
        for row in document.rows {
            let start = row["start"].map(\.text) ?? ""
            let cost = try row.decimal("cost")
            found[[start] + question.groupBy.map { row[$0]?.text ?? "absent" }] = cost
            sum += cost
        }
        // To the last digit.
        #expect(try sum == document.total.decimal("cost"), comment)
        #expect(sum == document.lines.reduce(0) { $0 + $1.cost }, comment)
        let tolerance = Decimal(document.lines.count) * Decimal(11) / 10_000_000_000
        for (key, cost) in expected {
            let difference = abs((found[key] ?? 0) - cost)
            #expect(difference <= tolerance, "\(question.text) \(key): \(found[key] ?? 0), not \(cost); \(comment)")
        }
        for (key, cost) in found where expected[key] == nil {
            #expect(cost <= tolerance, "\(question.text) \(key) is not expected; \(comment)")
        }
        for line in document.lines {
            let exact = expected.isEmpty ? 0 : model.lineTotal(line.line, question)
            #expect(
                abs(line.cost - exact) <= Decimal(6) / 10_000_000_000,
                "\(line.line): \(line.cost), not \(exact); \(comment)"
            )
        }
    }
}

/// A random question about money.
struct CostQuestion {
    var start: Int64
    var end: Int64
    var step: Int64?
    var groupBy: [String]
    var filters: [String: [String]]
    var text: String

    init(start bookStart: Int64, end bookEnd: Int64, _ random: inout SeededRandom) {
        let unit = [60, 3600, 86_400].randomElement(using: &random) ?? 60 as Int64
        let length = (bookEnd - bookStart) / unit
        let first = Int64.random(in: 0..<length, using: &random)
        start = bookStart + first * unit
        end = bookStart + Int64.random(in: (first + 1)...length, using: &random) * unit
        step = [nil, nil, 86_400, 7 * 86_400, 5 * 3600].randomElement(using: &random) ?? nil
        let names = ["namespace", "pod", "scope", "nat", "region", "initiator"].shuffled(using: &random)
        groupBy = Array(names.prefix(Int.random(in: 0...3, using: &random)))
        if Bool.random(using: &random) { groupBy.append("line") }
        filters = [:]
        if Int.random(in: 0..<3, using: &random) == 0 { filters["scope"] = ["internet", "same_zone"] }
        if Int.random(in: 0..<3, using: &random) == 0 { filters["namespace"] = ["shop"] }
        var parts = ["start=\(UTCTime(secondsSinceEpoch: start))", "end=\(UTCTime(secondsSinceEpoch: end))"]
        if let step { parts.append("step=\(step / 60)m") }
        if !groupBy.isEmpty { parts.append("group_by=\(groupBy.joined(separator: ","))") }
        parts += filters.map { "\($0.key)=\($0.value.joined(separator: ","))" }
        text = parts.joined(separator: "&")
    }
}

/// Costs worked out in the plainest way: every flow, every line, with Foundation's decimals.
struct CostModel {
    let model: TrafficModel
    let book: RandomPriceBook

    init(_ model: TrafficModel, _ book: RandomPriceBook) {
        self.model = model
        self.book = book
    }

    /// What each group costs; the bucket's start comes first, or nothing without a step.
    func costs(_ question: CostQuestion) -> [[String]: Decimal] {
        var sums: [[String]: Decimal] = [:]
        for line in book.lines {
            for (entry, cost) in charges(line, question) {
                let bucket = question.step
                    .map { question.start + (entry.start / 60_000_000_000 * 60 - question.start) / $0 * $0 }
                var key = [bucket.map { UTCTime(secondsSinceEpoch: $0).description } ?? ""]
                key += question.groupBy.map { $0 == "line" ? line.name : entry.dimensions[$0] ?? "" }
                sums[key, default: 0] += cost
            }
        }
        return sums
    }

    func lineTotal(_ name: String, _ question: CostQuestion) -> Decimal {
        book.lines.filter { $0.name == name }.flatMap { charges($0, question) }.reduce(0) { $0 + $1.1 }
    }

    private func charges(_ line: RandomPriceBook.Line, _ question: CostQuestion) -> [(TrafficModel.Entry, Decimal)] {
        let charged = model.entries.filter { line.holds($0.dimensions) }
        return
            charged
            .filter { entry in
                let minute = entry.start / 60_000_000_000 * 60
                return minute >= question.start && minute < question.end
                    && question.filters.allSatisfy { $0.value.contains(entry.dimensions[$0.key] ?? "") }
            }
            .compactMap { entry in
                let second = entry.start / 1_000_000_000
                guard let price = line.prices.first(where: { $0.start <= second && second < $0.end }) else {
                    return nil
                }
                let own = bytes(entry, line)
                guard own > 0 else { return nil }
                guard price.tiers.count > 1 else { return (entry, own * price.tiers[0].price / price.unit) }
                let month = UTCTime.monthStart(of: second)
                let whole =
                    charged.filter { UTCTime.monthStart(of: $0.start / 1_000_000_000) == month }
                    .reduce(0) { $0 + bytes($1, line) }
                var cost: Decimal = 0
                for (index, tier) in price.tiers.enumerated() where whole > Decimal(tier.above) {
                    let last = index + 1 < price.tiers.count ? Decimal(price.tiers[index + 1].above) : whole
                    cost += (min(whole, last) - Decimal(tier.above)) * tier.price / price.unit
                }
                return (entry, cost * own / whole)
            }
    }

    private func bytes(_ entry: TrafficModel.Entry, _ line: RandomPriceBook.Line) -> Decimal {
        (line.egress ? Decimal(entry.counters.egressBytes) : 0)
            + (line.ingress ? Decimal(entry.counters.ingressBytes) : 0)
    }
}
