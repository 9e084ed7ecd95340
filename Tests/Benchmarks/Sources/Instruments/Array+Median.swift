// SPDX-License-Identifier: Apache-2.0

extension [Double] {
    /// The middle value, or the mean of the two middle ones; not a number if there is none.
    package var median: Double {
        let sorted = self.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }

    /// The least and the greatest value; 0 to 0 if there is none.
    package var range: ClosedRange<Double> {
        (self.min() ?? 0)...(self.max() ?? 0)
    }
}
