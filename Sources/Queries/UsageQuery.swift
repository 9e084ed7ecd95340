// SPDX-License-Identifier: Apache-2.0

/// A validated question: how many bytes, over which time, grouped by what.
public struct UsageQuery: Hashable, Sendable {
    /// First second of the range, since 1970-01-01T00:00:00Z; a multiple of 60.
    public var start: Int64
    /// First second after the range; a multiple of 60, greater than ``start``.
    public var end: Int64
    /// Width of the answer's buckets in seconds, a multiple of 60; `nil` for one bucket over the whole range.
    ///
    /// Buckets begin at ``start``; the last one may be cut short by ``end``.
    public var step: Int64?
    /// Dimensions of the answer's groups, in the order of its columns; may be empty.
    public var groupBy: [Dimension]
    /// For each dimension, the values that count; a dimension that is absent is not filtered.
    public var filters: [Dimension: Set<String>]
    /// What whoever asks may see; ``filters`` are within it.
    public var visibility: Visibility
    /// How the rows are sorted.
    public var order: Order
    /// The most groups to name; what is beyond is summed into one `other` row per bucket.
    ///
    /// `nil` for all.
    public var limit: Int?

    /// The most rows that a store gathers for an answer: a group in a bucket is one.
    ///
    /// More would be some hundred megabytes of memory for one question.
    public static let mostFacts = 1_000_000

    /// A sort order of rows.
    public enum Order: String, Hashable, Sendable, CaseIterable {
        /// By group values, ascending.
        case group
        /// By egress plus ingress bytes, largest first.
        case bytes
        /// By egress bytes, largest first.
        case egressBytes = "egress_bytes"
        /// By ingress bytes, largest first.
        case ingressBytes = "ingress_bytes"
    }

    /// A query with the given parts; the caller vouches for their ranges.
    public init(
        start: Int64,
        end: Int64,
        step: Int64? = nil,
        groupBy: [Dimension] = [],
        filters: [Dimension: Set<String>] = [:],
        visibility: Visibility = .everything,
        order: Order = .bytes,
        limit: Int? = nil
    ) {
        self.start = start
        self.end = end
        self.step = step
        self.groupBy = groupBy
        self.filters = filters
        self.visibility = visibility
        self.order = order
        self.limit = limit
    }

    /// The resolution that answers this query exactly at the least cost.
    public var resolution: Resolution {
        .widest(start: start, end: end, step: step)
    }
}
