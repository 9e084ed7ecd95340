// SPDX-License-Identifier: Apache-2.0

/// One measured quantity.
package struct Figure: Codable, Sendable {
    /// What was measured, and how it was set up.
    package var subject: String
    /// The quantity.
    package var name: String
    /// The unit of the samples; empty for a plain number.
    package var unit: String
    /// One value for each run, at least one.
    package var samples: [Double]
    /// What the project wants to reach, in the same unit; less is better.
    package var goal: Double?

    /// A quantity with its samples.
    package init(subject: String, name: String, unit: String, samples: [Double], goal: Double?) {
        self.subject = subject
        self.name = name
        self.unit = unit
        self.samples = samples
        self.goal = goal
    }

    /// The middle sample, or the mean of the two middle ones.
    package var median: Double {
        samples.median
    }

    /// The least and the greatest sample.
    package var range: ClosedRange<Double> {
        samples.range
    }
}
