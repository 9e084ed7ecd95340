// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Classifier

@Suite struct FreshnessTests {
    @Test func eachStateIsTimedFromWhenItBegan() {
        var freshness = Freshness()
        #expect(freshness.look(true, at: 100) == (true, 0))
        #expect(freshness.look(true, at: 150) == (true, 50))
        #expect(freshness.look(false, at: 170) == (false, 0))
        #expect(freshness.look(false, at: 171) == (false, 1))
        #expect(freshness.look(true, at: 200) == (true, 0))
        // Two may look at once, and the later one be told first.
        #expect(freshness.look(true, at: 190) == (true, 0))
    }
}
