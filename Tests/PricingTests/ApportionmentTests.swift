// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Pricing

@Suite struct ApportionmentTests {
    @Test func whatIsLeftGoesToTheLargestRemainders() {
        #expect(Apportionment.split(100, by: [1, 1, 1]) == [34, 33, 33])
        #expect(Apportionment.split(10, by: [1, 2, 0, 4]) == [1, 3, 0, 6])
        #expect(Apportionment.split(-100, by: [1, 1, 1]) == [-34, -33, -33])
        #expect(Apportionment.split(0, by: [0, 0]) == [0, 0])
        #expect(Apportionment.split(5, by: [0, 0]) == nil)
        #expect(Apportionment.split(0, by: []) == [])
        #expect(Apportionment.split(5, by: []) == nil)
    }

    @Test func partsAddUpAndAreWithinOneOfTheirShares() throws {
        var random = SeededRandom()
        for _ in 0..<500 {
            let count = Int.random(in: 1...40, using: &random)
            let most = UInt128(1) << UInt128.random(in: 0...70, using: &random)
            let weights = (0..<count).map { _ in UInt128.random(in: 0...most, using: &random) }
            let size = Int128.random(in: 0...(Int128(1) << Int128.random(in: 0...56, using: &random)), using: &random)
            let total = Bool.random(using: &random) ? size : -size
            guard let parts = Apportionment.split(total, by: weights) else {
                #expect(weights.allSatisfy { $0 == 0 }, "seed \(random.seed)")
                continue
            }
            #expect(parts.reduce(0, +) == total, "seed \(random.seed)")
            let whole = Int128(weights.reduce(0, +))
            for (part, weight) in zip(parts, weights) where whole > 0 {
                // 56 + 71 bits: the product fits.
                let share = total.magnitude * UInt128(weight) / UInt128(whole)
                #expect(part.magnitude == share || part.magnitude == share + 1, "seed \(random.seed)")
            }
        }
    }

    @Test func roundedAmountsAddUpToTheRoundedSum() throws {
        var random = SeededRandom()
        for _ in 0..<500 {
            let digits = Digits(Int.random(in: 0...12, using: &random))
            let amounts = (0..<Int.random(in: 0...30, using: &random))
                .map { _ in Money(parts: Int128.random(in: -(1 << 90)...(1 << 90), using: &random)) }
            let parts = try #require(Apportionment.rounded(amounts, to: digits))
            let sum = Money(parts: amounts.reduce(0) { $0 + $1.parts })
            #expect(parts.reduce(0, +) == digits.rounded(sum), "seed \(random.seed)")
            for (part, amount) in zip(parts, amounts) {
                let exact = try #require(digits.money(part))
                let unit = try #require(digits.money(1))
                #expect((exact.parts - amount.parts).magnitude < unit.parts.magnitude, "seed \(random.seed)")
            }
        }
    }
}
