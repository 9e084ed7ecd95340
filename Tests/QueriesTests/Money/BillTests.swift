// SPDX-License-Identifier: Apache-2.0
import Pricing
import TestSupport
import Testing
import Traffic

@testable import Queries

@Suite struct BillTests {
    private static let usage =
        "lineItem/UsageType,lineItem/UnblendedCost,lineItem/CurrencyCode,"
        + "lineItem/UsageStartDate,lineItem/UsageEndDate,lineItem/UsageAmount,product/region"

    private func bill(_ text: String) throws -> Bill {
        var bill = Bill()
        try bill.read(text.utf8)
        try bill.finish()
        return bill
    }

    private func day(_ day: Int) -> Int64 { 1_790_812_800 + Int64(day - 1) * 86_400 }  // of October 2026

    private func cause(
        _ group: String,
        day number: Int = 1,
        region: String = "",
        egress: UInt64,
        ingress: UInt64 = 0
    ) -> BillAllocation.Measured {
        .init(
            start: day(number),
            region: region,
            group: [group],
            counters: FlowCounters(egressBytes: egress, ingressBytes: ingress)
        )
    }

    @Test func aReportOfUsageIsReadAndSplitToTheCent() throws {
        let bill = try bill(
            """
            \(Self.usage)
            USE1-NatGateway-Bytes,1.00,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,3,us-east-1
            USE1-NatGateway-Hours,1.08,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,24,us-east-1
            USE1-DataTransfer-Out-Bytes,0.10,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,4,us-east-1
            USE1-BoxUsage:m5.large,7.77,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,24,us-east-1

            """
        )
        #expect(bill.lines == 4)
        #expect(bill.others.lines == 1)
        let allocation = BillAllocation(
            bill,
            dimensions: [.namespace],
            measured: [
                .nat: [
                    cause("a", egress: 500_000_000, ingress: 500_000_000), cause("b", egress: 1_000_000_000),
                    cause("c", egress: 1_000_000_000), cause("a", day: 2, egress: 9_000_000_000),
                ],
                .internet: [cause("a", egress: 1_000_000_000, ingress: 7)],
            ]
        )
        let unit: Int128 = 10_000_000_000
        #expect(allocation.rows.filter { $0.kind == .nat }.map { $0.cost / unit } == [70, 69, 69])
        // Four gigabytes were billed and one was measured.
        #expect(allocation.rows.filter { $0.kind == .internet }.map { $0.cost / unit } == [3, 7])
        #expect(allocation.rows.last?.group == [])
        #expect(allocation.sums.map { $0.unexplained / unit } == [0, 7])
        let csv = allocation.report.chunks(as: .csv).reduce(into: []) { $0 += $1 }
        #expect(
            String(decoding: csv, as: UTF8.self).contains("internet,(unexplained),0,0.07,USD,allocated\r\n")
        )
        let table = allocation.report.chunks(as: .table).reduce(into: []) { $0 += $1 }
        #expect(String(decoding: table, as: UTF8.self).contains("measured 1.00 GB of 4.00 GB billed (25.0 %)"))
    }

    @Test func columnsOfFOCUSAreReadToo() throws {
        let bill = try bill(
            """
            BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,SkuMeter,ConsumedQuantity,ConsumedUnit,RegionId
            0.333,EUR,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,Cloud Nat Data Processing,5,GiB,eu
            -0.1,EUR,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,Cloud Nat Data Processing,,,eu
            0.2,EUR,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,Network Inter Zone Egress,1,GiB,
            """
        )
        #expect(bill.currency == "EUR")
        #expect(bill.sortedItems.map(\.kind) == [.nat, .zone])
        #expect(bill.sortedItems[0].cost == 233_000_000_000)
        #expect(bill.sortedItems[0].bytes == nil)
        #expect(bill.sortedItems[1].bytes == 1 << 30)
        // Only what was measured in the bill's region.
        let allocation = BillAllocation(
            bill,
            dimensions: [.namespace],
            measured: [.nat: [cause("a", region: "eu", egress: 1), cause("b", region: "us", egress: 5)]]
        )
        #expect(allocation.rows.map(\.group) == [["a"], []])
        #expect(allocation.rows.map(\.cost) == [233_000_000_000, 200_000_000_000])
    }

    @Test(
        arguments: [
            ("", "the bill is empty"), ("a,b\n1,2\n", "line 1: the columns are neither"),
            ("BilledCost,BillingCurrency,ChargePeriodEnd,SkuId\n", "no column ChargePeriodStart"),
            ("BilledCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd\n", "no column says what is paid for"),
        ] as [(String, String)]
    )
    func whatIsNoBillIsRefused(text: String, reason: String) {
        let error = #expect(throws: Bill.Failure.self) { try bill(text) }
        #expect(error?.description.contains(reason) ?? false, "\(String(describing: error))")
    }

    @Test(
        arguments: [
            ("x-NatGateway-Bytes,one,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,3,r", "line 2: the cost 'one'"),
            ("x-NatGateway-Bytes,1,,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,3,r", "the currency is missing"),
            ("x-NatGateway-Bytes,1,USD,October,2026-10-02T00:00:00Z,3,r", "is not a period"),
            ("x-NatGateway-Bytes,1,USD,2026-10-03T00:00:00Z,2026-10-02T00:00:00Z,3,r", "is not a period"),
            ("x-NatGateway-Bytes,1,USD,2026-10-01T00:30:00Z,2026-10-02T00:00:00Z,3,r", "whole hours"),
            ("x-NatGateway-Bytes,1,USD", "3 cells, and the header 7"),
            ("x-NatGateway-Bytes,0.0000000000001,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,3,r", "12 decimals"),
            (
                "x-NatGateway-Bytes,1,USD,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,3,r\n"
                    + "x-NatGateway-Bytes,1,EUR,2026-10-01T00:00:00Z,2026-10-02T00:00:00Z,3,r",
                "line 3: the currency is EUR, and was USD before"
            ),
        ] as [(String, String)]
    )
    func aLineThatCannotBeUsedIsNamed(line: String, reason: String) {
        let error = #expect(throws: Bill.Failure.self) { try bill("\(Self.usage)\n\(line)\n") }
        #expect(error?.description.contains(reason) ?? false, "\(String(describing: error))")
    }

    @Test func thePartsOfEveryBillAddUpToIt() throws {
        var random = SeededRandom()
        for _ in 0..<40 {
            var lines: [String] = []
            var expected: [BillKind: Int] = [:]
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                let types: [(String, BillKind)] = [
                    ("NatGateway-Bytes", .nat), ("DataTransfer-Regional-Bytes", .zone),
                    ("DataTransfer-Out-Bytes", .internet),
                    ("USE1-USW2-AWS-Out-Bytes", .region),
                ]
                guard let (type, kind) = types.randomElement(using: &random) else { continue }
                let cents = Int.random(in: -500...50_000, using: &random)
                expected[kind, default: 0] += cents
                let first = Int.random(in: 1...28, using: &random)
                let sign = cents < 0 ? "-" : ""
                let cost = "\(sign)\(abs(cents) / 100).\(abs(cents) % 100 < 10 ? "0" : "")\(abs(cents) % 100)"
                let start = UTCTime(secondsSinceEpoch: day(first))
                let end = UTCTime(secondsSinceEpoch: day(first + Int.random(in: 1...3, using: &random)))
                lines.append("\(type),\(cost),USD,\(start),\(end),\(Int.random(in: 0...9, using: &random)),")
            }
            var measured: [BillKind: [BillAllocation.Measured]] = [:]
            for kind in BillKind.allCases where Bool.random(using: &random) {
                measured[kind] = (0..<Int.random(in: 0...30, using: &random))
                    .map { _ in
                        cause(
                            ["a", "b", "c"].randomElement(using: &random) ?? "a",
                            day: Int.random(in: 1...31, using: &random),
                            egress: UInt64.random(in: 0...3_000_000_000, using: &random)
                        )
                    }
            }
            let allocation = BillAllocation(
                try bill("\(Self.usage)\n\(lines.joined(separator: "\n"))"),
                dimensions: [.namespace],
                measured: measured
            )
            for (kind, cents) in expected {
                let sum = allocation.rows.filter { $0.kind == kind }.reduce(0) { $0 + $1.cost }
                #expect(sum == Int128(cents) * 10_000_000_000, "seed \(random.seed)")
                #expect(allocation.rows.allSatisfy { $0.cost % 10_000_000_000 == 0 }, "seed \(random.seed)")
            }
        }
    }
}
