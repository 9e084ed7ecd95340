// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@testable import Pricing

@Suite struct PriceTests {
    @Test(arguments: [
        ("0.045", "0.045"), ("0", "0"), ("12", "12"), ("1.50", "1.5"), ("0.0000000001", "0.0000000001"),
        ("1000000", "1000000"), ("00.10", "0.1"),
    ])
    func decimalsAreRead(text: String, shown: String) throws {
        #expect(try #require(Price(text)).description == shown)
    }

    @Test(arguments: ["", ".", "1.", ".5", "-1", "+1", "1e3", "0,5", "1000001", "0.00000000001", "1.2.3", "٣", "1 "])
    func otherTextIsRefused(text: String) {
        #expect(Price(text) == nil)
    }

    @Test func aByteHasNoRemainder() throws {
        let price = try #require(Price("0.0000000001"))
        for unit in PriceUnit.allCases {
            let gigabyte = try #require(price.ofByte(per: unit).times(unit.bytes))
            #expect(Digits(10).text(gigabyte) == "0.0000000001")
        }
        let nat = try #require(Price("0.045"))
        let cost = try #require(nat.ofByte(per: .gigabyte).times(123_456_789))
        #expect(Digits(12).text(cost) == "0.005555555505")
    }

    @Test func tiersArePaidOneAfterTheOther() throws {
        let first = try #require(Price("0.09"))
        let second = try #require(Price("0.085"))
        let tiers = [
            Tariff.Tier(above: 0, price: .free), Tariff.Tier(above: 100_000_000_000, price: first),
            Tariff.Tier(above: 10_100_000_000_000, price: second),
        ]
        let tariff = try #require(Tariff(unit: .gigabyte, tiers: tiers))
        let expected: [(UInt64, String)] = [
            (0, "0.00"), (100_000_000_000, "0.00"), (101_000_000_000, "0.09"), (10_100_000_000_000, "900.00"),
            (10_200_000_000_000, "908.50"),
        ]
        for (bytes, cost) in expected {
            let sum = try #require(tariff.cost(of: bytes))
            #expect(Digits.cents.text(sum) == cost)
        }
        #expect(!tariff.isFlat)
        #expect(Tariff(unit: .gibibyte, tiers: []) == nil)
        #expect(Tariff(unit: .gibibyte, tiers: [.init(above: 1, price: .free)]) == nil)
    }

    @Test func whatIsTooLargeIsNoAmount() throws {
        let tariff = Tariff(unit: .gigabyte, price: try #require(Price("1000000")))
        #expect(tariff.cost(of: .max) == nil)
        #expect(tariff.cost(of: 1_000_000_000_000_000) != nil)
    }

    @Test(arguments: [(5, 2, "0.05"), (-5, 2, "-0.05"), (0, 2, "0.00"), (12345, 2, "123.45"), (-7, 0, "-7")])
    func digitsAreWritten(count: Int, decimals: Int, text: String) {
        #expect(Digits(decimals).text(Int128(count)) == text)
    }
}

@Suite struct PriceConditionTests {
    @Test func allNamedDimensionsMustHold() {
        let condition = PriceCondition(
            values: ["scope": [NamePattern("internet")], "network": [NamePattern("aws-*")]],
            exceptions: ["network": [NamePattern("aws-s3/*")]]
        )
        func holds(_ scope: String, _ network: String) -> Bool {
            condition.holds { $0 == "scope" ? scope : network }
        }
        #expect(holds("internet", "aws-ec2/eu"))
        #expect(!holds("internet", "aws-s3/eu"))
        #expect(!holds("internet", ""))
        #expect(!holds("same_zone", "aws-ec2/eu"))
    }

    /// Two conditions that no sample of names meets together may be called disjoint; others never.
    @Test func disjointConditionsAreReallyDisjoint() {
        var random = SeededRandom()
        let letters = ["a", "b", "*"]
        func pattern() -> NamePattern {
            NamePattern(
                (0..<Int.random(in: 1...4, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a" }
                    .joined()
            )
        }
        func patterns() -> [String: [NamePattern]] {
            var patterns: [String: [NamePattern]] = [:]
            for name in ["x", "y"] where Bool.random(using: &random) {
                patterns[name] = (0..<Int.random(in: 1...2, using: &random)).map { _ in pattern() }
            }
            return patterns
        }
        let names =
            [""]
            + (1...4).reduce([["a"], ["b"]]) { names, _ in names + names.flatMap { [$0 + ["a"], $0 + ["b"]] } }
            .map { $0.joined() }
        let some = Set(names).sorted().prefix(40)
        for _ in 0..<150 {
            let one = PriceCondition(values: patterns(), exceptions: Bool.random(using: &random) ? patterns() : [:])
            let two = PriceCondition(values: patterns(), exceptions: Bool.random(using: &random) ? patterns() : [:])
            let meet = some.contains { x in
                some.contains { y in
                    let value = { (name: String) in name == "x" ? x : y }
                    return one.holds(value) && two.holds(value)
                }
            }
            if meet {
                #expect(one.mayMeet(two), "seed \(random.seed): \(one) and \(two)")
                #expect(two.mayMeet(one), "seed \(random.seed)")
            }
        }
    }
}
