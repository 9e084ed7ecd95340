// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// Which bytes a line of a price book is about, by the dimensions they are booked under.
///
/// For each dimension that is named, the value must be meant by one of the patterns of ``values``, and by none of
/// ``exceptions``. What is not known has an empty value, which no pattern means.
public struct PriceCondition: Hashable, Sendable {
    /// By dimension, the values that count; a dimension that is absent may have any.
    public var values: [String: [NamePattern]]
    /// By dimension, the values that do not count.
    public var exceptions: [String: [NamePattern]]

    /// The condition of these values.
    public init(values: [String: [NamePattern]] = [:], exceptions: [String: [NamePattern]] = [:]) {
        self.values = values
        self.exceptions = exceptions
    }

    /// The dimensions that decide.
    public var dimensions: Set<String> {
        Set(values.keys).union(exceptions.keys)
    }

    /// True for bytes whose dimensions have the values that `value` gives.
    public func holds(_ value: (String) -> String) -> Bool {
        for (dimension, patterns) in values {
            let name = value(dimension)
            if !patterns.contains(where: { $0.matches(name) }) { return false }
        }
        for (dimension, patterns) in exceptions {
            let name = value(dimension)
            if patterns.contains(where: { $0.matches(name) }) { return false }
        }
        return true
    }

    /// False only if no byte can meet both conditions.
    ///
    /// An exception takes away a pattern of the other line only if it covers it whole: `aws-*` takes away
    /// `aws-s3/*`, but the exceptions `a*` and `b*` together take away no `*`.
    public func mayMeet(_ other: PriceCondition) -> Bool {
        dimensions.union(other.dimensions)
            .allSatisfy { dimension in
                let excepted = (exceptions[dimension] ?? []) + (other.exceptions[dimension] ?? [])
                switch (values[dimension], other.values[dimension]) {
                case (nil, nil): return true
                case (let one?, nil), (nil, let one?):
                    return one.contains { pattern in !excepted.contains { $0.covers(pattern) } }
                case (let one?, let two?):
                    return one.contains { left in
                        !excepted.contains { $0.covers(left) }
                            && two.contains { right in
                                left.meets(right) && !excepted.contains { $0.covers(right) }
                            }
                    }
                }
            }
    }
}

extension NamePattern {
    /// True if every name that `other` means is meant by this pattern too.
    ///
    /// A star of `other` is met by a star only, so the answer is never wrongly yes.
    func covers(_ other: NamePattern) -> Bool {
        matches(other.text)
    }

    /// True if some name is meant by both patterns.
    func meets(_ other: NamePattern) -> Bool {
        let (left, right) = (Array(text.utf8), Array(other.text.utf8))
        let star = UInt8(ascii: "*")
        // Whether the pattern's rest from here on can be empty, or share a name with the other's rest.
        var below = [Bool](repeating: false, count: right.count + 1)
        for i in stride(from: left.count, through: 0, by: -1) {
            var row = [Bool](repeating: false, count: right.count + 1)
            for j in stride(from: right.count, through: 0, by: -1) {
                if i == left.count, j == right.count {
                    row[j] = true
                } else if i < left.count, left[i] == star {
                    row[j] = below[j] || j < right.count && row[j + 1]
                } else if j < right.count, right[j] == star {
                    row[j] = row[j + 1] || i < left.count && below[j]
                } else if i < left.count, j < right.count, left[i] == right[j] {
                    row[j] = below[j + 1]
                }
            }
            below = row
        }
        return below[0]
    }
}
