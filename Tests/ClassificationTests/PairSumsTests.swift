// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@testable import Classification

@Suite struct PairSumsTests {
    private struct Pair: Hashable {
        var first: Int
        var second: Int
    }

    @Test(arguments: [1, 3, 40, 100_000])
    func agreesWithADictionary(range: Int) {
        var random = SeededRandom()
        for capacity in [0, 1, 5_000] {
            var sums = PairSums(capacity: capacity)
            var model: [Pair: UInt64] = [:]
            var order: [Pair] = []
            for _ in 0..<5_000 {
                let pair = Pair(
                    first: Int.random(in: 0..<range, using: &random),
                    second: Bool.random(using: &random)
                        ? Int.random(in: 0..<range, using: &random)
                        : Int(Int32.max) - Int.random(in: 0..<range, using: &random)
                )
                let bytes = UInt64.random(in: 0...9, using: &random)
                sums.add(FlowCounters(egressBytes: bytes), first: pair.first, second: pair.second)
                if model[pair] == nil { order.append(pair) }
                model[pair, default: 0] += bytes
            }
            #expect(
                sums.sums.map { Pair(first: Int($0.first), second: Int($0.second)) } == order,
                "seed \(random.seed)"
            )
            #expect(sums.sums.map(\.counters.egressBytes) == order.map { model[$0] ?? 0 }, "seed \(random.seed)")
        }
    }
}
