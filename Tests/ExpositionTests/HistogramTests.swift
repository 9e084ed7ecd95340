// SPDX-License-Identifier: Apache-2.0
import Exposition
import TestSupport
import Testing

@Suite struct HistogramTests {
    @Test func bucketsCountWhatIsNotAboveTheirBound() {
        var random = SeededRandom()
        let bounds = [-1.0, 0, 0.5, 2]
        var histogram = Histogram(bounds: bounds)
        var observed: [Double] = bounds
        for _ in 0..<200 { observed.append(.random(in: -3...3, using: &random)) }
        for value in observed { histogram.observe(value) }

        for (bound, count) in histogram.cumulativeBuckets {
            #expect(count == UInt64(observed.count { $0 <= bound }), "seed \(random.seed)")
        }
        #expect(histogram.cumulativeBuckets.map(\.bound) == bounds + [.infinity])
        #expect(histogram.count == UInt64(observed.count))
        #expect(abs(histogram.sum - observed.reduce(0, +)) < 1e-9)
    }

    @Test func boundsMustAscend() async {
        await #expect(processExitsWith: .failure) { _ = Histogram(bounds: [1, 1]) }
        await #expect(processExitsWith: .failure) { _ = Histogram(bounds: [.infinity]) }
    }
}
