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
    /// The answer's buckets if they go by the calendar of ``zone``; ``step`` is `nil` then.
    public var calendar: CalendarBuckets?
    /// Name of the time zone that the query was asked in.
    public var zone: String
    /// Dimensions of the answer's groups, in the order of its columns; may be empty.
    public var groupBy: [Dimension]
    /// For each dimension, the values that count; a dimension that is absent is not filtered.
    public var filters: [Dimension: Set<String>]
    /// What whoever asks may see; ``filters`` are within it.
    public var visibility: Visibility
    /// For each dimension, values that do not count.
    public var exclusions: [Dimension: Set<String>]
    /// How the rows are sorted.
    public var order: Order
    /// The most groups to name; what is beyond is summed into one `other` row per bucket.
    ///
    /// `nil` for all.
    public var limit: Int?
    /// True if the answer also says what the period just before had.
    public var comparesPrevious = false

    /// The query about the period of the same length just before.
    ///
    /// Its buckets are as many, and stand for those of this query in their order.
    public var previous: UsageQuery {
        var previous = self
        previous.start = max(0, start - (end - start))
        previous.end = start
        previous.calendar = previousCalendar
        if let first = previousCalendar?.starts.first { previous.start = first }
        if let previousRange { (previous.start, previous.end) = (previousRange.lowerBound, previousRange.upperBound) }
        previous.comparesPrevious = false
        (previous.previousCalendar, previous.previousRange) = (nil, nil)
        return previous
    }

    /// The buckets of ``previous`` if they go by the calendar.
    var previousCalendar: CalendarBuckets?

    /// The range of ``previous`` if it is not just before this query's, which is a slice of another.
    var previousRange: Range<Int64>?

    /// Buckets that are as long as days or months are.
    public struct CalendarBuckets: Hashable, Sendable {
        /// The step as it was written: `1d` or `1M`.
        public var text: String
        /// First seconds of the buckets, the query's start first.
        public var starts: [Int64]

        /// Buckets of the step `text` that begin at `starts`.
        public init(text: String, starts: [Int64]) {
            self.text = text
            self.starts = starts
        }
    }

    /// The most rows that a store gathers for an answer, a group in a bucket being one, and the most groups that it ranks.
    ///
    /// More would be some hundred megabytes of memory for one question. What is read while it is written, as CSV with
    /// steps is, may have any number of rows.
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
    ///
    /// - Parameter step: Width of the buckets in seconds, a multiple of 60.
    public init(
        start: Int64,
        end: Int64,
        step: Int64? = nil,
        groupBy: [Dimension] = [],
        filters: [Dimension: Set<String>] = [:],
        visibility: Visibility = .everything,
        exclusions: [Dimension: Set<String>] = [:],
        order: Order = .bytes,
        limit: Int? = nil
    ) {
        self.start = start
        self.end = end
        self.step = step
        zone = Zone.utc.name
        self.groupBy = groupBy
        self.filters = filters
        self.visibility = visibility
        self.exclusions = exclusions
        self.order = order
        self.limit = limit
    }

    /// True if the answer has more than one bucket, or could have.
    public var isStepped: Bool {
        step != nil || calendar != nil
    }

    /// Every dimension that decides which bytes count.
    public var filteredDimensions: Set<Dimension> {
        Set(filters.keys).union(exclusions.keys)
    }

    /// The tier that most of the range is read from; the shorter ``parts`` are at its borders.
    public var resolution: Resolution {
        var seconds: [Resolution: Int64] = [:]
        for part in parts { seconds[part.resolution, default: 0] += part.end - part.start }
        return Resolution.widestFirst.max { seconds[$0, default: 0] < seconds[$1, default: 0] } ?? .minute
    }
}
