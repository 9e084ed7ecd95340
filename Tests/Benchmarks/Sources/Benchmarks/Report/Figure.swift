// SPDX-License-Identifier: Apache-2.0

/// One measured quantity.
struct Figure: Codable, Sendable {
    /// What was measured, and how it was set up.
    var subject: String
    /// The quantity.
    var name: String
    /// The unit of the samples; empty for a plain number.
    var unit: String
    /// One value for each run, at least one.
    var samples: [Double]
    /// What the project wants to reach, in the same unit; less is better.
    var goal: Double?

    /// The middle sample, or the mean of the two middle ones.
    var median: Double {
        let sorted = samples.sorted()
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// The least and the greatest sample.
    var range: ClosedRange<Double> {
        (samples.min() ?? 0)...(samples.max() ?? 0)
    }
}
