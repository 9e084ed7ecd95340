// SPDX-License-Identifier: Apache-2.0

/// Observations counted in buckets.
public struct Histogram: Hashable, Sendable {
    /// The largest observation of each bucket, ascending; a last bucket takes everything above.
    public let bounds: [Double]
    /// Sum of all observations.
    public private(set) var sum: Double = 0

    private var counts: [UInt64]

    /// An empty histogram.
    ///
    /// - Parameter bounds: Ascending, finite.
    public init(bounds: [Double]) {
        precondition(bounds.allSatisfy(\.isFinite), "a histogram's bounds are finite: \(bounds)")
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 }, "bounds do not ascend: \(bounds)")
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.count + 1)
    }

    /// How many observations there were.
    public var count: UInt64 {
        counts.reduce(0, +)
    }

    /// For each bound, the observations up to it; the last bound is infinity.
    public var cumulativeBuckets: [(bound: Double, count: UInt64)] {
        var below: UInt64 = 0
        return zip(bounds + [.infinity], counts)
            .map { bound, count in
                below += count
                return (bound, below)
            }
    }

    /// Counts an observation.
    public mutating func observe(_ value: Double) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
        sum += value
    }
}
