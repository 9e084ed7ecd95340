// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// What a store found for a query, before sorting and limiting: one fact per bucket and group that has bytes.
public struct UsageFacts: Sendable {
    /// Bytes of one group in one bucket of the answer.
    public struct Fact: Hashable, Sendable {
        /// First second of the bucket.
        public var bucketStart: Int64
        /// Values of the query's ``UsageQuery/groupBy``, in its order.
        public var group: [String]
        /// The sum.
        public var counters: FlowCounters
        /// The sum of the bucket that stands for this one in the period before; `nil` if that was not asked for.
        public var previous: FlowCounters?

        /// A fact with the given parts.
        public init(bucketStart: Int64, group: [String], counters: FlowCounters, previous: FlowCounters? = nil) {
            self.bucketStart = bucketStart
            self.group = group
            self.counters = counters
            self.previous = previous
        }

        /// Adds the counters of `other`, whose bucket and group do not matter.
        mutating func add(_ other: Fact) {
            counters += other.counters
            guard let theirs = other.previous else { return }
            var sum = previous ?? .zero
            sum += theirs
            previous = sum
        }
    }

    /// A span of time, in seconds since 1970-01-01T00:00:00Z.
    public struct Span: Hashable, Sendable {
        /// First second.
        public var start: Int64
        /// First second after it.
        public var end: Int64

        /// The span from `start` to `end`.
        public init(start: Int64, end: Int64) {
            self.start = start
            self.end = end
        }
    }

    /// The tier that most of the range was read from.
    public var resolution: Resolution
    /// What was read, oldest first.
    public var parts: [ReadPart]
    /// In no particular order; each (bucket, group) once.
    public var facts: [Fact]
    /// Bytes that nodes reported as lost in the range, by reason, summed over nodes.
    ///
    /// Filters do not apply: a lost byte has no dimensions.
    public var losses: [Loss]
    /// Nodes that lost bytes in the range or fell silent in it, sorted; the others have nothing to tell.
    public var nodes: [NodeGap] = []
    /// The part of ``facts`` whose bytes have no owner.
    public var unattributed: FlowCounters
    /// Spans of the range that were pruned, oldest first: ``facts`` have nothing of them.
    public var missing: [Span]

    /// Facts read at `resolution`.
    public init(
        resolution: Resolution,
        parts: [ReadPart] = [],
        facts: [Fact],
        losses: [Loss] = [],
        unattributed: FlowCounters = .zero,
        missing: [Span] = []
    ) {
        self.resolution = resolution
        self.parts = parts
        self.facts = facts
        self.losses = losses
        self.unattributed = unattributed
        self.missing = missing
    }
}

extension Collection<UsageFacts> {
    /// What was pruned of any of their ranges, oldest first, without overlaps.
    public var missing: [UsageFacts.Span] {
        var spans: [UsageFacts.Span] = []
        for span in flatMap(\.missing).sorted(by: { $0.start < $1.start }) {
            if let last = spans.last, span.start <= last.end {
                spans[spans.count - 1].end = Swift.max(last.end, span.end)
            } else {
                spans.append(span)
            }
        }
        return spans
    }
}

extension [UsageFacts.Span] {
    /// A sentence for each span about what an answer does not have.
    var notes: [String] {
        map { span in
            "Incomplete: \(UTCTime(secondsSinceEpoch: span.start)) to \(UTCTime(secondsSinceEpoch: span.end)) was pruned"
        }
    }
}
