// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Queries

@Suite struct FocusValidatorTests {
    /// A row that breaks no rule, by column.
    private static let row = [
        ("BilledCost", "0"), ("BillingAccountId", "a"), ("BillingAccountName", ""), ("BillingCurrency", "USD"),
        ("BillingPeriodEnd", "2026-11-01T00:00:00Z"), ("BillingPeriodStart", "2026-10-01T00:00:00Z"),
        ("ChargeCategory", "Usage"), ("ChargeClass", ""), ("ChargeDescription", "NAT, processed"),
        ("ChargePeriodEnd", "2026-10-02T00:00:00Z"), ("ChargePeriodStart", "2026-10-01T00:00:00Z"),
        ("ContractedCost", "1.5"), ("EffectiveCost", "35.2E-7"), ("InvoiceIssuerName", "AWS"), ("ListCost", "-1"),
        ("PricingQuantity", "3"), ("PricingUnit", "GB"), ("ProviderName", "AWS"), ("PublisherName", "AWS"),
        ("ServiceCategory", "Networking"), ("ServiceName", "VPC"), ("Tags", "{\"a\": \"b\", \"c\": 1}"),
        ("x_CostBasis", "estimate"),
    ]

    private func findings(_ row: [(String, String)]) -> [String] {
        var validator = FocusValidator()
        let cells = row.map { cell in
            cell.1.contains { $0 == "," || $0 == "\"" } && cell.1 != "\"\""
                ? "\"\(cell.1.replacing("\"", with: "\"\""))\"" : cell.1
        }
        // In pieces of three bytes: cells and records end anywhere.
        let text = Array("\(row.map(\.0).joined(separator: ","))\r\n\(cells.joined(separator: ","))\r\n".utf8)
        for start in stride(from: 0, to: text.count, by: 3) { validator.read(text[start..<min(start + 3, text.count)]) }
        validator.finish()
        #expect(validator.count == validator.findings.count)
        return validator.findings.map(\.description)
    }

    @Test func whatKeepsTheRulesHasNoFindings() {
        #expect(findings(Self.row) == [])
    }

    @Test(
        arguments: [
            ("BilledCost", "", "a value is needed"), ("BilledCost", "1,5", "is not a decimal number"),
            ("BilledCost", "$1", "is not a decimal number"), ("BilledCost", "+1", "is not a decimal number"),
            ("BilledCost", "1E+7", "is not a decimal number"), ("BilledCost", ".5", "is not a decimal number"),
            ("BillingAccountName", "\"\"", "an empty text stands for no value"),
            ("BillingAccountName", "N/A", "stands for no value"), ("ChargeClass", "NULL", "stands for no value"),
            ("BillingCurrency", "usd", "is not a currency's code"),
            ("ChargePeriodStart", "2026-10-01T00:00:00+02:00", "is not a time in UTC"),
            ("ChargePeriodStart", "2026-10-01", "is not a time in UTC"),
            ("ChargePeriodStart", "2026-09-01T00:00:00Z", "outside its billing period"),
            ("ChargePeriodEnd", "2026-10-01T00:00:00Z", "ends before it starts"),
            ("ChargeCategory", "usage", "is not one of Usage"), ("ServiceCategory", "Network", "is not one of"),
            ("Tags", "{\"a\":{}}", "is not a flat JSON object"), ("Tags", "[1]", "is not a flat JSON object"),
            ("PricingUnit", "", "come together"), ("PricingQuantity", "", "usage has a quantity"),
        ] as [(String, String, String)]
    )
    func whatBreaksARuleIsFound(column: String, value: String, reason: String) {
        let row = Self.row.map { $0.0 == column ? (column, value) : $0 }
        let found = findings(row)
        #expect(found.contains { $0.hasPrefix("line 2: ") && $0.contains(reason) }, "\(found)")
    }

    @Test func theHeaderIsCheckedToo() {
        #expect(findings(Self.row.filter { $0.0 != "ListCost" }) == ["line 1: ListCost: the column is mandatory"])
        #expect(findings(Self.row + [("x_lower", "1")]).count == 1)
        #expect(findings(Self.row + [("Colour", "1")]).count == 1)
        #expect(
            findings(Self.row + [("SkuId", "1")]) == [
                "line 1: SkuId: it stands after x_CostBasis, and custom columns come last"
            ]
        )
        #expect(findings(Self.row + [("x_CostBasis", "1")]).contains { $0.contains("stands twice") })
    }

    /// What a validator says of a text may not depend on where the reader of the file cuts it.
    @Test func piecesMakeNoDifference() {
        let text = Array("a,b\r\n1,2\r\n\"x\"y,2\r\n3,4\r\n\"q\"r\n5\n6,7\n\"open".utf8)
        var whole = FocusValidator()
        whole.read(text)
        whole.finish()
        // Two records that are no CSV, and one whose quote is not closed, are rows too.
        #expect(whole.rows == 7)
        #expect(whole.findings.count { $0.reason.contains("text follows a closing quote") } == 2)
        #expect(whole.findings.count { $0.reason.contains("a quote is not closed") } == 1)
        for size in 1...text.count {
            var pieces = FocusValidator()
            for start in stride(from: 0, to: text.count, by: size) {
                pieces.read(text[start..<min(start + size, text.count)])
            }
            pieces.finish()
            #expect(pieces.rows == whole.rows, "pieces of \(size)")
            #expect(pieces.findings == whole.findings, "pieces of \(size)")
        }
    }

    @Test func anAllocatedChargeNamesItsMethod() {
        let header = Self.row.filter { $0.0 != "x_CostBasis" }
        let details = "{\"Elements\":[{\"AllocatedRatio\":0.5}]}"
        let method = ("AllocatedMethodId", "m")
        #expect(findings(header + [method, ("AllocatedMethodDetails", details), ("AllocatedResourceId", "r")]) == [])
        // What is left of a charge has a method and no resource.
        #expect(findings(header + [method, ("AllocatedMethodDetails", details), ("AllocatedResourceId", "")]) == [])
        for (name, value, reason) in [
            ("AllocatedMethodDetails", "[]", "is not a JSON object"),
            ("AllocatedMethodDetails", "{}", "has no Elements"),
            ("AllocatedResourceName", "r", "has an id"), ("AllocatedTags", "{\"a\":{}}", "is not a flat JSON object"),
        ] {
            let found = findings(header + [method, (name, value)])
            #expect(found.contains { $0.contains(reason) }, "\(found)")
        }
        for name in ["AllocatedResourceId", "AllocatedTags"] {
            let found = findings(header + [("AllocatedMethodId", ""), (name, "{}")])
            #expect(found.contains { $0.contains("names its method") }, "\(found)")
        }
    }

    @Test func aRowOfAnotherLengthAndABadQuoteAreFound() {
        var validator = FocusValidator()
        validator.read("a,b\n1\n\"x\"y\n".utf8)
        validator.finish()
        #expect(validator.findings.contains { $0.reason.contains("1 cells, and the header 2") })
        #expect(validator.findings.contains { $0.reason.contains("text follows a closing quote") })
        var empty = FocusValidator()
        empty.finish()
        #expect(empty.findings.map(\.reason) == ["there is no header"])
    }
}
