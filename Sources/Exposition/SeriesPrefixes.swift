// SPDX-License-Identifier: Apache-2.0

/// Label sets that were rendered once, in one block of memory: series `i` is the `i`-th that was appended.
///
/// A scrape of them copies text and prints numbers; nothing is escaped, allocated or looked up.
public struct SeriesPrefixes: Sendable {
    /// The names of every series' labels, in order.
    public let names: [String]

    /// The series' `{...} `, one after the other.
    private(set) var text: [UInt8] = []
    /// Where each ends in ``text``.
    private(set) var ends: [Int] = []

    /// No series yet.
    ///
    /// - Parameter names: At least one; each a letter or `_`, then letters, digits and `_`.
    public init(names: [String]) {
        precondition(!names.isEmpty, "series without labels would be one series")
        self.names = names
    }

    /// How many series there are.
    public var count: Int {
        ends.count
    }

    /// Appends a series.
    ///
    /// - Parameter values: One for each name.
    public mutating func append(_ values: [String]) {
        precondition(values.count == names.count, "\(names.count) labels, \(values.count) values")
        text.appendLabels(zip(names, values).map { MetricLabel($0, $1) })
        text.append(UInt8(ascii: " "))
        ends.append(text.count)
    }
}
