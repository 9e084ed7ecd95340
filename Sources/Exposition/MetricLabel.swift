// SPDX-License-Identifier: Apache-2.0

/// One `name="value"` of a sample.
public struct MetricLabel: Hashable, Sendable {
    /// A letter or `_`, then letters, digits and `_`.
    public var name: String
    /// Any text; it is escaped where it is written.
    public var value: String

    /// The label `name` with this value.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
