// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Pricing
import Queries
import Settings
import TestSupport
import Testing
import Traffic

@testable import Classifier

@Suite struct FocusRouteTests {
    @Test func everyExportKeepsTheRulesAndAddsUpToTheCosts() async throws {
        let seed = SeededRandom().seed
        for round in 0..<3 {
            var random = SeededRandom(seed: seed &+ UInt64(round))
            let now = TestClassifier.start
            let end = UTCTime.monthStart(after: now)
            let start = UTCTime.monthStart(of: end - 50 * 86_400)
            let book = RandomPriceBook(start: start, end: end, &random)
            let comment: Comment = "seed \(seed) round \(round)\n\(book.text)"
            let prices = try PriceBook(path: "book.yaml", text: book.text)
            var batches: [FlowBatch] = []
            for sequence in 1...40 as ClosedRange<UInt64> {
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
            let range = "start=\(UTCTime(secondsSinceEpoch: start))&end=\(UTCTime(secondsSinceEpoch: end))"
            let sent = batches
            try await TestClassifier { settings in
                settings.destinations = TrafficModel.destinations
                settings.prices = prices
            }
            .run { client in
                for batch in sent { try await client.post(batch) }
                let response = try await client.get("/api/v1/focus?\(range)")
                #expect(response.status == .ok)
                var validator = FocusValidator()
                validator.read(response.text.utf8)
                validator.finish()
                #expect(validator.findings == [], comment)
                let cells = CSVText.cells(response.text)
                let header = try #require(cells.first)
                var sums: [String: Decimal] = [:]
                var bytes: [String: UInt64] = [:]
                for row in cells.dropFirst() {
                    let values = Dictionary(uniqueKeysWithValues: zip(header, row))
                    let sku = try #require(values["SkuId"])
                    sums[sku, default: 0] += try #require(Decimal(string: values["ListCost"] ?? ""))
                    bytes[sku, default: 0] += try #require(UInt64(values["ConsumedQuantity"] ?? ""))
                    #expect(values["EffectiveCost"] == values["ListCost"])
                    #expect(values["BilledCost"] == "0")
                    #expect(values["x_CostBasis"] == "estimate")
                }
                let json = try await client.get("/api/v1/costs?\(range)")
                for line in try CostDocument(Data(json.body.readableBytesView)).lines {
                    #expect(sums[line.line] ?? 0 == line.cost, comment)
                    #expect(bytes[line.line] ?? 0 == line.egress_bytes + line.ingress_bytes, comment)
                }
            }
        }
    }

    @Test(arguments: [("step=1d", "step"), ("group_by=pod", "group_by"), ("start=2019-01-01", "start")])
    func aWrongParameterIsNamed(query: String, parameter: String) async throws {
        let text =
            "name: b\ncurrency: USD\nfrom: 2020-01-01\nlines:\n"
            + "  - {name: a, charge: a, direction: both, per: GB, price: 1}\n"
        let prices = try PriceBook(path: "b.yaml", text: text)
        try await TestClassifier { $0.prices = prices }
            .run { client in
                let response = try await client.get("/api/v1/focus?\(query)")
                #expect(response.status == .badRequest)
                #expect(try response.problem().parameter == parameter)
            }
    }
}
