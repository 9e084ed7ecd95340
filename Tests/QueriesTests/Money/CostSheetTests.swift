// SPDX-License-Identifier: Apache-2.0
import Pricing
import Testing
import Traffic

@testable import Queries

@Suite struct CostSheetTests {
    /// Whatever number of facts there are, a sheet holds the answer's cells, and no more of these than it may.
    @Test func moreCellsThanThereMayBeAreRefusedAndMoreFactsAreNot() throws {
        let price = try #require(Price("0.01"))
        let line = PriceLine(
            name: "a",
            charge: "a",
            directions: [.egress],
            condition: PriceCondition(values: ["pod": [NamePattern("p*")]]),
            prices: [.init(start: 0, end: nil, tariff: Tariff(unit: .gigabyte, price: price))]
        )
        let book = PriceBook(name: "b", currency: "USD", start: 0, lines: [line])
        let usage = UsageQuery(start: 0, end: 600, step: 60, groupBy: [.namespace])
        let plan = try CostPlan(CostQuery(usage: usage), book: book)
        #expect(plan.queries.count == 1 && plan.queries[0].groupBy == [.namespace, .pod])
        func facts(_ namespace: String) -> [UsageFacts.Fact] {
            (0..<10)
                .flatMap { minute in
                    (0..<100)
                        .map { pod in
                            .init(
                                bucketStart: minute * 60,
                                group: [namespace, "p\(pod)"],
                                counters: FlowCounters(egressBytes: 10_000_000)
                            )
                        }
                }
        }
        var sheet = CostSheet(plan, mostCells: 20)
        try sheet.add(facts("a"), of: 0)
        try sheet.add(facts("b"), of: 0)
        let answer = try CostAnswer(sheet, missing: [])
        #expect(answer.rows.count == 20)
        #expect(answer.digits.text(answer.total.cost) == "0.200000000")
        #expect(throws: AnswerTooLarge.self) { try sheet.add(facts("c"), of: 0) }
    }
}
