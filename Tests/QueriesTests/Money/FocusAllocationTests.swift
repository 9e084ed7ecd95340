// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@testable import Queries

@Suite("A bill as FOCUS 1.3") struct FocusAllocationTests {
    private static let header =
        "BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,"
        + "ChargeCategory,ChargeClass,ChargeDescription,ChargePeriodEnd,ChargePeriodStart,ContractedCost,EffectiveCost,"
        + "InvoiceIssuerName,ListCost,ListUnitPrice,PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionId,"
        + "ServiceCategory,ServiceName,Tags,x_UsageType"

    /// A charge of a day of October 2026.
    private static func charge(
        _ usageType: String,
        cost: String,
        quantity: String,
        day: Int = 1,
        tags: String = ""
    ) -> String {
        let days = [day, day + 1].map { "2026-10-\($0 < 10 ? "0" : "")\($0)T00:00:00Z" }
        return "\(cost),acc,,USD,2026-11-01T00:00:00Z,2026-10-01T00:00:00Z,Usage,,\"a, charge\",\(days[1]),\(days[0]),"
            + "\(cost),\(cost),AWS,\(cost),0.045,\(quantity),GB,AWS,AWS,us-east-1,Networking,VPC,\(tags),\(usageType)"
    }

    private static func start(ofDay day: Int) -> Int64 { 1_790_812_800 + Int64(day - 1) * 86_400 }

    private static func cause(_ group: [String], day: Int = 1, _ egress: UInt64) -> BillAllocation.Measured {
        .init(
            start: start(ofDay: day),
            region: "us-east-1",
            group: group,
            counters: FlowCounters(egressBytes: egress)
        )
    }

    /// The rows of the bill that is written, by column, after the validator has found nothing wrong with it.
    private static func rows(
        _ bill: String,
        _ measured: [BillKind: [BillAllocation.Measured]],
        pieces: Int = 7
    ) throws -> [[String: String]] {
        var read = Bill()
        try read.read(bill.utf8)
        try read.finish()
        var split = FocusAllocation(read, dimensions: [.namespace, .pod], measured: measured)
        var text: [UInt8] = []
        let bytes = Array(bill.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            text += try split.read(bytes[start..<min(start + pieces, bytes.count)])
        }
        text += try split.finish()
        var validator = FocusValidator()
        validator.read(text)
        validator.finish()
        #expect(validator.findings == [])
        var records: [[String]] = []
        var reader = Queries.CSVReader()
        try reader.read(text) { record, _ in records.append(try record.get().map(\.text)) }
        let names = try #require(records.first)
        return records.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(names, $0)) }
    }

    @Test func aChargeBecomesItsPartsAndTheRestStays() throws {
        let bill = """
            \(Self.header)
            \(Self.charge("USE1-NatGateway-Bytes", cost: "1.00", quantity: "4", tags: "\"{\"\"a\"\":\"\"b\"\"}\""))
            \(Self.charge("USE1-BoxUsage", cost: "7.77", quantity: "24"))
            """
        let rows = try Self.rows(
            bill,
            [.nat: [Self.cause(["shop", "web"], 1_000_000_000), Self.cause(["", ""], 2_000_000_000)]]
        )
        #expect(rows.map { $0["BilledCost"] } == ["0.5", "0.25", "0.25", "7.77"])
        #expect(rows.map { $0["PricingQuantity"] } == ["2", "1", "1", "24"])
        #expect(rows.map { $0["AllocatedResourceId"] } == ["unattributed", "shop/web", "", ""])
        #expect(rows.map { $0["AllocatedResourceName"] } == ["unattributed", "web", "", ""])
        let method = FocusAllocation.methodID
        #expect(rows.map { $0["AllocatedMethodId"] } == [method, method, method, ""])
        #expect(
            rows[1]["AllocatedMethodDetails"]
                == "{\"Elements\":[{\"AllocatedRatio\":0.25,\"UsageUnit\":\"B\",\"UsageQuantity\":1000000000}]}"
        )
        #expect(rows[1]["AllocatedTags"] == "{\"netledger/namespace\":\"shop\",\"netledger/pod\":\"web\"}")
        // What cannot be split is the origin's own.
        #expect(rows[1]["Tags"] == "{\"a\":\"b\"}")
        #expect(rows.allSatisfy { $0["ListUnitPrice"] == "0.045" && $0["ChargeDescription"] == "a, charge" })
        #expect(rows[3]["AllocatedMethodDetails"] == "")
    }

    @Test func whatIsSplitAlreadyStays() throws {
        let bill =
            "\(Self.header),AllocatedMethodId\n".replacing(",x_UsageType,Alloc", with: ",Alloc")
            .replacing("AllocatedMethodId", with: "AllocatedMethodId,x_UsageType")
            + Self.charge("NatGateway-Bytes", cost: "1", quantity: "4").replacing(",NatG", with: ",theirs,NatG")
        let rows = try Self.rows(bill, [.nat: [Self.cause(["shop", "web"], 1)]])
        #expect(rows.map { $0["AllocatedMethodId"] } == ["theirs"])
        #expect(rows.map { $0["BilledCost"] } == ["1"])
    }

    @Test func onlyFOCUSIsWrittenAsFOCUS() throws {
        var split = FocusAllocation(Bill(), dimensions: [], measured: [:])
        let error = #expect(throws: Bill.Failure.self) {
            try split.read(
                "lineItem/UsageType,lineItem/UnblendedCost,lineItem/CurrencyCode,lineItem/UsageStartDate,lineItem/UsageEndDate\n"
                    .utf8
            )
        }
        #expect(error?.reason.contains("only a bill with the columns of FOCUS") ?? false)
    }

    /// FOCUS: the parts' costs, quantities and ratios add up to the origin's, for every origin.
    @Test func thePartsOfEveryChargeAddUpToIt() throws {
        var random = SeededRandom()
        for _ in 0..<20 {
            var lines: [String] = []
            var costs: [Int128] = []
            let types = ["NatGateway-Bytes", "NatGateway-Hours", "DataTransfer-Out-Bytes", "BoxUsage"]
            for number in 0..<Int.random(in: 1...12, using: &random) {
                let units = Int64.random(in: -1_000_000...9_000_000_000, using: &random)
                let cost = BillAmount("\(units)E-7")
                costs.append(cost?.units ?? 0)
                lines.append(
                    Self.charge(
                        types.randomElement(using: &random) ?? "",
                        cost: "\(units)E-7",
                        quantity: "\(Int.random(in: 0...9, using: &random)).5",
                        day: Int.random(in: 1...9, using: &random)
                    )
                    .replacing(",acc,", with: ",acc-\(number),")
                )
            }
            let causes = (0..<Int.random(in: 0...30, using: &random))
                .map { _ in
                    Self.cause(
                        [
                            ["a", "b", ""].randomElement(using: &random) ?? "",
                            "p\(Int.random(in: 0...3, using: &random))",
                        ],
                        day: Int.random(in: 1...9, using: &random),
                        UInt64.random(in: 0...5_000_000_000, using: &random)
                    )
                }
            let bill = ([Self.header] + lines).joined(separator: "\n")
            let rows = try Self.rows(
                bill,
                [.nat: causes, .internet: causes],
                pieces: Int.random(in: 1...99, using: &random)
            )
            for (number, cost) in costs.enumerated() {
                let parts = rows.filter { $0["BillingAccountId"] == "acc-\(number)" }
                for column in ["BilledCost", "EffectiveCost", "ListCost"] {
                    let sum = parts.reduce(Int128(0)) { $0 + (BillAmount($1[column] ?? "")?.units ?? 0) }
                    #expect(sum == cost, "\(column) of \(number), seed \(random.seed)")
                }
                let ratios = parts.compactMap { part -> Int128? in
                    guard let text = part["AllocatedMethodDetails"], !text.isEmpty else { return nil }
                    let ratio = text.dropFirst("{\"Elements\":[{\"AllocatedRatio\":".count).prefix { $0 != "," }
                    return BillAmount(String(ratio))?.units
                }
                if !ratios.isEmpty {
                    #expect(ratios.reduce(0, +) == Int128(BillAmount.one), "seed \(random.seed)")
                    #expect(ratios.count == parts.count)
                }
            }
        }
    }
}
