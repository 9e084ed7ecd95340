// SPDX-License-Identifier: Apache-2.0

/// Half-open span of time `[start, end)`, in nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Interval: Hashable, Sendable {
    /// First nanosecond of the span.
    public var start: Int64
    /// First nanosecond after the span.
    public var end: Int64

    /// The span `[start, end)`.
    public init(start: Int64, end: Int64) {
        self.start = start
        self.end = end
    }
}
