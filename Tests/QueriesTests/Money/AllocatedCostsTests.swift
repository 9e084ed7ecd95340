// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@testable import Queries

@Suite("Costs by saved bills") struct AllocatedCostsTests {
    private static let hour: Int64 = 3600
    private static let day: Int64 = 86_400
    /// 2026-10-01T00:00:00Z.
    private static let october: Int64 = 1_790_812_800

    /// Bytes of an hour.
    private struct Event {
        var start: Int64
        var values: [Dimension: String]
        var counters: FlowCounters

        func counts(_ query: UsageQuery) -> Bool {
            start >= query.start && start < query.end
                && query.filters.allSatisfy { $0.value.contains(values[$0.key] ?? "") }
                && query.exclusions.allSatisfy { !$0.value.contains(values[$0.key] ?? "") }
        }
    }

    /// What a store would say of `events`.
    private static func sheet(_ plan: AllocatedPlan, _ events: [Event]) throws -> AllocatedSheet {
        var sheet = AllocatedSheet(plan)
        for (number, query) in plan.queries.enumerated() {
            var sums: [Int64: [[String]: FlowCounters]] = [:]
            for event in events where event.counts(query) {
                let bucket = query.step.map { query.start + (event.start - query.start) / $0 * $0 } ?? query.start
                sums[bucket, default: [:]][query.groupBy.map { event.values[$0] ?? "" }, default: .zero] +=
                    event.counters
            }
            let facts = sums.flatMap { bucket, groups in
                groups.map { UsageFacts.Fact(bucketStart: bucket, group: $0.key, counters: $0.value) }
            }
            // In two pieces, as a ledger hands them out.
            try sheet.add(Array(facts.prefix(facts.count / 2)), of: number)
            try sheet.add(Array(facts.dropFirst(facts.count / 2)), of: number)
        }
        return sheet
    }

    private static func bill(_ lines: [String]) throws -> (bill: SavedBill, content: Bill) {
        let header =
            "BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,SkuMeter,ConsumedQuantity,ConsumedUnit,RegionId\n"
        var bill = Bill()
        try bill.read((header + lines.joined(separator: "\n")).utf8)
        try bill.finish()
        // What is saved is the summary.
        var saved = Bill()
        try saved.read(bill.summary)
        try saved.finish()
        #expect(saved.sortedItems == bill.sortedItems)
        #expect(saved.summary == bill.summary)
        let properties = SavedBill(name: "b", start: 0, end: 1, currency: "USD", savedAt: 0, hash: "")
        return (properties, saved)
    }

    private static func line(_ type: String, _ cost: String, _ span: Range<Int64>, _ bytes: String, _ region: String)
        -> String
    {
        let times = [span.lowerBound, span.upperBound].map { UTCTime(secondsSinceEpoch: $0).description }
        return "\(cost),USD,\(times[0]),\(times[1]),\(type),\(bytes),B,\(region)"
    }

    /// Against shares worked out item by item and event by event, with random questions.
    @Test func everyAnswerIsTheBillsOwnShares() throws {
        var random = SeededRandom()
        let types: [(String, BillKind)] = [
            ("NatGateway-Bytes", .nat), ("DataTransfer-Regional-Bytes", .zone), ("DataTransfer-Out-Bytes", .internet),
            ("x-AWS-Out-Bytes", .region),
        ]
        for round in 0..<60 {
            let comment: Comment = "seed \(random.seed) round \(round)"
            var lines: [String] = []
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let type = try #require(types.randomElement(using: &random))
                let start = Self.october + Int64.random(in: 0..<96, using: &random) * Self.hour
                let width = try #require([Self.hour, Self.day, 31 * Self.day].randomElement(using: &random))
                let bytes = Bool.random(using: &random) ? "\(Int.random(in: 0...4000, using: &random))" : ""
                lines.append(
                    Self.line(
                        type.0,
                        "\(Int.random(in: -99...99_999, using: &random))E-4",
                        start..<(start + width),
                        bytes,
                        ["", "eu", "us"].randomElement(using: &random) ?? ""
                    )
                )
            }
            let saved = try Self.bill(lines)
            let events = (0..<Int.random(in: 0...80, using: &random))
                .map { _ in
                    Event(
                        start: Self.october + Int64.random(in: 0..<200, using: &random) * Self.hour,
                        values: [
                            .region: ["", "eu", "us"].randomElement(using: &random) ?? "",
                            .namespace: ["a", "b", ""].randomElement(using: &random) ?? "",
                            .pod: "p\(Int.random(in: 0...3, using: &random))",
                            .scope: ["internet", "same_region", "cross_region"].randomElement(using: &random) ?? "",
                            .nat: ["yes", "no", "assumed"].randomElement(using: &random) ?? "",
                        ],
                        counters: FlowCounters(
                            egressBytes: .random(in: 0...900, using: &random),
                            ingressBytes: .random(in: 0...900, using: &random)
                        )
                    )
                }
            var usage = UsageQuery(
                start: Self.october + Int64.random(in: 0..<48, using: &random) * Self.hour,
                end: Self.october + Int64.random(in: 49..<240, using: &random) * Self.hour,
                step: [nil, Self.hour, 5 * Self.hour, Self.day].randomElement(using: &random) ?? nil,
                groupBy: [[], [.namespace], [.region, .pod]].randomElement(using: &random) ?? []
            )
            if Bool.random(using: &random) { usage.filters[.namespace] = ["a", ""] }
            if Bool.random(using: &random) { usage.exclusions[.pod] = ["p0"] }
            let query = CostQuery(usage: usage, byLine: Bool.random(using: &random))
            let plan = try AllocatedPlan(query, bills: [saved])
            let answer = AllocatedCosts(try Self.sheet(plan, events), missing: [])

            var expected: [AllocatedSheet.Cell: Double] = [:]
            var sums: [BillKind: (billed: Int128, shown: Double, unexplained: Double)] = [:]
            for item in saved.content.sortedItems
            where item.period.lowerBound < usage.end && usage.start < item.period.upperBound {
                let inside = events.filter { event in
                    item.period.contains(event.start)
                        && item.kind.cause.allSatisfy { $0.value.contains(event.values[$0.key] ?? "") }
                        && item.kind.bytes(event.counters) > 0
                }
                let knowsRegions = !item.region.isEmpty && inside.contains { $0.values[.region] != "" }
                let causes = inside.filter { !knowsRegions || $0.values[.region] == item.region }
                let measured = causes.reduce(0.0) { $0 + Double(item.kind.bytes($1.counters)) }
                let whole = max(measured, item.bytes.map { Double($0) } ?? 0)
                var sum = sums[item.kind] ?? (0, 0, 0)
                sum.billed += item.cost
                sum.unexplained += whole == 0 ? Double(item.cost) : Double(item.cost) * (whole - measured) / whole
                for cause in causes where cause.counts(usage) {
                    let part = Double(item.cost) * Double(item.kind.bytes(cause.counters)) / whole
                    let bucket = usage.step.map { usage.start + (cause.start - usage.start) / $0 * $0 } ?? usage.start
                    let group =
                        usage.groupBy.map { cause.values[$0] ?? "" } + (query.byLine ? [item.kind.rawValue] : [])
                    expected[.init(bucketStart: bucket, group: group), default: 0] += part
                    sum.shown += part
                }
                sums[item.kind] = sum
            }
            #expect(
                Set(answer.rows.map { AllocatedSheet.Cell(bucketStart: $0.bucketStart, group: $0.group) })
                    == Set(expected.keys),
                comment
            )
            // A unit is 10^-12, and each part of an item may be off by one.
            for row in answer.rows {
                let share = expected[.init(bucketStart: row.bucketStart, group: row.group)] ?? 0
                #expect(abs(Double(row.sum.cost) - share) < 2000, comment)
            }
            #expect(answer.total.cost == answer.rows.reduce(0) { $0 + $1.sum.cost }, comment)
            #expect(answer.total.cost == answer.charges.reduce(0) { $0 + $1.shown }, comment)
            #expect(answer.charges.map(\.kind) == BillKind.allCases.filter { sums[$0] != nil }, comment)
            for charge in answer.charges {
                let sum = try #require(sums[charge.kind])
                #expect(charge.billed == sum.billed, comment)
                #expect(charge.shown + charge.elsewhere + charge.unexplained == charge.billed, comment)
                #expect(abs(Double(charge.shown) - sum.shown) < 2000, comment)
                #expect(abs(Double(charge.unexplained) - sum.unexplained) < 2000, comment)
            }
        }
    }

    @Test func billsOfTwoAccountsAddUpBeforeTheyAreSplit() throws {
        let span = Self.october..<(Self.october + Self.day)
        let one = try Self.bill([Self.line("NatGateway-Bytes", "5", span, "1000", "")])
        let two = try Self.bill([Self.line("NatGateway-Bytes", "5", span, "1000", "")])
        let usage = UsageQuery(start: span.lowerBound, end: span.upperBound)
        let event = Event(start: span.lowerBound, values: [.nat: "yes"], counters: FlowCounters(egressBytes: 1000))
        let plan = try AllocatedPlan(CostQuery(usage: usage), bills: [one, two])
        let answer = AllocatedCosts(try Self.sheet(plan, [event]), missing: [])
        // Two thousand bytes were billed and one thousand measured.
        #expect(answer.total.cost == 5_000_000_000_000)
        #expect(answer.charges.map(\.unexplained) == [5_000_000_000_000])
        #expect(answer.unbilled == [])
    }

    @Test func whatNoBillBillsIsSaid() throws {
        let span = (Self.october + Self.day)..<(Self.october + 2 * Self.day)
        let saved = try Self.bill([Self.line("NatGateway-Bytes", "5", span, "", "")])
        let usage = UsageQuery(start: Self.october, end: Self.october + 3 * Self.day, groupBy: [.namespace])
        let plan = try AllocatedPlan(CostQuery(usage: usage), bills: [saved])
        let answer = AllocatedCosts(try Self.sheet(plan, []), missing: [])
        #expect(
            answer.unbilled == [
                .init(start: Self.october, end: span.lowerBound),
                .init(start: span.upperBound, end: Self.october + 3 * Self.day),
            ]
        )
        let table = answer.report.table(TableStyle()).joined(separator: "\n")
        #expect(
            table.contains("nat: 5.00 billed, 0.00 here, 0.00 elsewhere, 5.00 unexplained"),
            "\(table)"
        )
        #expect(table.contains("No bill for 2026-10-01T00:00:00Z to 2026-10-02T00:00:00Z"))
        #expect(answer.report.fields.pairs.first?.value == "false")
    }

    @Test func whatCannotBeAskedIsNamed() throws {
        let span = Self.october..<(Self.october + 365 * Self.day)
        let saved = try Self.bill([Self.line("NatGateway-Bytes", "5", span, "", "")])
        let usage = UsageQuery(start: Self.october + 60, end: span.upperBound)
        let error = #expect(throws: QueryError.self) { try AllocatedPlan(CostQuery(usage: usage), bills: [saved]) }
        #expect(error?.parameter == "start")
        var other = Bill()
        try other.read("BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,SkuMeter\n".utf8)
        try other.read("1,EUR,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,NatGateway-Bytes\n".utf8)
        let mixed = #expect(throws: QueryError.self) {
            try AllocatedPlan(CostQuery(usage: usage), bills: [saved, (saved.bill, other)])
        }
        #expect(mixed?.parameter == "bill")
    }
}
