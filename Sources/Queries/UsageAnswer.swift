// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// The answer to a ``UsageQuery``: sorted, limited, with its totals.
///
/// ``chunks(as:units:)`` writes it; ``json()``, ``csv()`` and ``table(units:)`` do so in one piece.
public struct UsageAnswer: Hashable, Sendable {
    /// First second of the range, since 1970-01-01T00:00:00Z.
    public var start: Int64
    /// First second after the range.
    public var end: Int64
    /// Width of the buckets in seconds; `nil` for one bucket over the whole range, or for buckets by the calendar.
    public var step: Int64?
    /// The step of buckets that go by the calendar, such as `1M`.
    public var calendarStep: String?
    /// Name of the time zone that the query was asked in.
    public var zone = "UTC"
    /// Width of the ledger's buckets that most of the range was read from.
    public var resolution: Resolution
    /// What was read, oldest first.
    public var parts: [ReadPart] = []
    /// Spans of the range that were pruned, oldest first: the answer has nothing of them.
    public var missing: [UsageFacts.Span] = []
    /// Dimensions of the rows' groups, in the order of their columns.
    public var groupBy: [Dimension]
    /// Bytes by bucket, oldest first, and inside a bucket by group in the query's order.
    ///
    /// Groups are ranked by their sums over the whole range, so they keep their order from bucket to bucket. A
    /// bucket in which a group has no bytes has no row for it.
    public var rows: [UsageFacts.Fact]
    /// The groups beyond the query's limit, or `nil` if there are none.
    public var other: Other?
    /// Sum of all rows, ``other`` included.
    public var total: FlowCounters
    /// Bytes that nodes reported as lost in the range, by reason; no part of ``total``.
    public var lost: [Loss]
    /// Nodes that lost bytes in the range or fell silent in it, sorted by cluster and name.
    public var nodes: [NodeGap] = []
    /// The part of ``total`` that has no owner.
    public var unattributed = FlowCounters.zero
    /// The period before, if that was asked for.
    public var previous: Previous?

    /// True if nothing of the range was pruned.
    public var isComplete: Bool {
        missing.isEmpty
    }

    /// True if rows have buckets.
    public var isStepped: Bool {
        step != nil || calendarStep != nil
    }

    /// The period that the rows are compared with.
    public struct Previous: Hashable, Sendable {
        /// First second, since 1970-01-01T00:00:00Z.
        public var start: Int64
        /// First second after it.
        public var end: Int64
        /// Sum of all its bytes.
        public var total: FlowCounters
        /// Spans of it that were pruned.
        public var missing: [UsageFacts.Span]

        /// The period from `start` to `end`.
        public init(start: Int64, end: Int64, total: FlowCounters, missing: [UsageFacts.Span] = []) {
            self.start = start
            self.end = end
            self.total = total
            self.missing = missing
        }
    }

    /// Groups that a limit left unnamed.
    public struct Other: Hashable, Sendable {
        /// How many groups there are.
        public var groups: Int
        /// Their bytes by bucket, oldest first; each has an empty group.
        public var buckets: [UsageFacts.Fact]

        /// The sum over all buckets.
        public var total: FlowCounters {
            buckets.reduce(into: .zero) { $0 += $1.counters }
        }

        /// The sum over all buckets of the period before; `nil` if that was not asked for.
        public var previousTotal: FlowCounters? {
            buckets.reduce(into: FlowCounters?.none) { sum, bucket in
                guard let previous = bucket.previous else { return }
                var total = sum ?? .zero
                total += previous
                sum = total
            }
        }

        /// `groups` groups with these bytes.
        public init(groups: Int, buckets: [UsageFacts.Fact]) {
            self.groups = groups
            self.buckets = buckets
        }
    }

    /// An answer with the given parts; the caller vouches that they agree.
    public init(
        start: Int64,
        end: Int64,
        step: Int64?,
        resolution: Resolution,
        groupBy: [Dimension],
        rows: [UsageFacts.Fact],
        other: Other? = nil,
        total: FlowCounters,
        lost: [Loss] = []
    ) {
        self.start = start
        self.end = end
        self.step = step
        self.resolution = resolution
        self.groupBy = groupBy
        self.rows = rows
        self.other = other
        self.total = total
        self.lost = lost
    }

    /// The answer to `query` that `facts` give.
    ///
    /// - Parameters:
    ///   - query: What was asked. Its limit takes the first groups in its order; equal groups are ranked by their
    ///     values, so the answer to the same facts is always the same.
    ///   - facts: What the ledger found for it. Each group has a value per dimension of the query.
    ///   - previous: What it found for ``UsageQuery/previous``, if that was asked for.
    public init(_ query: UsageQuery, _ facts: UsageFacts, previous: UsageFacts? = nil) {
        let facts = previous.map { facts.compared(with: $0, by: query) } ?? facts
        let groups = GroupRanking(facts.facts, order: query.order)
        let named = min(query.limit ?? .max, groups.ranked.count)
        var rows: [UsageFacts.Fact] = []
        var otherBuckets: [Int64: UsageFacts.Fact] = [:]
        func addToOthers(_ fact: UsageFacts.Fact) {
            let empty = UsageFacts.Fact(bucketStart: fact.bucketStart, group: [], counters: .zero)
            otherBuckets[fact.bucketStart, default: empty].add(fact)
        }
        if !query.isStepped {
            let ranked = groups.ranked.map { group in
                UsageFacts.Fact(
                    bucketStart: query.start,
                    group: group.values,
                    counters: group.total,
                    previous: group.previous
                )
            }
            rows = Array(ranked.prefix(named))
            for fact in ranked.dropFirst(named) { addToOthers(fact) }
        } else {
            var rankedFacts: [(rank: Int, index: Int)] = []
            for index in facts.facts.indices {
                let rank = groups.rank(ofFact: index)
                if rank < named {
                    rankedFacts.append((rank, index))
                } else {
                    addToOthers(facts.facts[index])
                }
            }
            rankedFacts.sort { left, right in
                (facts.facts[left.index].bucketStart, left.rank) < (facts.facts[right.index].bucketStart, right.rank)
            }
            rows = rankedFacts.map { facts.facts[$0.index] }
        }

        var lost: [String: FlowCounters] = [:]
        for loss in facts.losses { lost[loss.reason, default: .zero] += loss.counters }

        self.init(
            start: query.start,
            end: query.end,
            step: query.step,
            resolution: facts.resolution,
            groupBy: query.groupBy,
            rows: rows,
            other: named == groups.ranked.count
                ? nil
                : Other(
                    groups: groups.ranked.count - named,
                    buckets: otherBuckets.sorted { $0.key < $1.key }.map(\.value)
                ),
            total: groups.ranked.reduce(into: .zero) { $0 += $1.total },
            lost: lost.sorted { $0.key < $1.key }.map { Loss(reason: $0.key, counters: $0.value) }
        )
        calendarStep = query.calendar?.text
        zone = query.zone
        parts = facts.parts
        missing = facts.missing
        unattributed = facts.unattributed
        nodes = facts.nodes
        if let previous {
            self.previous = Previous(
                start: query.previous.start,
                end: query.previous.end,
                total: previous.facts.reduce(into: .zero) { $0 += $1.counters },
                missing: previous.missing
            )
        }
    }
}
