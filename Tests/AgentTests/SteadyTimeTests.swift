// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Agent

struct SteadyTimeTests {
    @Test func followsTheHostsClock() {
        var time = SteadyTime(utc: 1000, monotonic: 50)
        #expect(time.advance(utc: 1010, monotonic: 60) == 1010)
        #expect(time.lead == 0)
    }

    @Test func followsAStepForwardAtOnce() {
        var time = SteadyTime(utc: 1000, monotonic: 0)
        #expect(time.advance(utc: 5000, monotonic: 10) == 5000)
    }

    @Test func runsAtHalfSpeedAfterAStepBack() {
        var time = SteadyTime(utc: 1000, monotonic: 0)
        #expect(time.advance(utc: 900, monotonic: 10) == 1005)
        #expect(time.lead == 105)
        #expect(time.advance(utc: 1000, monotonic: 110) == 1055)
        #expect(time.advance(utc: 1110, monotonic: 220) == 1110)
        #expect(time.lead == 0)
    }

    @Test func neverStepsBack() {
        var random = SeededRandom()
        var utc: Int64 = 1_000_000
        var monotonic: Int64 = 0
        var time = SteadyTime(utc: utc, monotonic: monotonic)
        for _ in 0..<10_000 {
            let elapsed = Int64.random(in: 0...1000, using: &random)
            monotonic += elapsed
            utc +=
                elapsed + (Int.random(in: 0..<10, using: &random) == 0 ? .random(in: -5000...5000, using: &random) : 0)
            let before = time.now
            let now = time.advance(utc: utc, monotonic: monotonic)
            #expect(now >= before && now >= utc, "seed \(random.seed)")
        }
    }
}
