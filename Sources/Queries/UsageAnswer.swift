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
    /// Width of the buckets in seconds; `nil` for one bucket over the whole range.
    public var step: Int64?
    /// Width of the ledger's buckets that were read.
    public var resolution: Resolution
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
    public init(_ query: UsageQuery, _ facts: UsageFacts) {
        let groups = GroupRanking(facts.facts, order: query.order)
        let named = min(query.limit ?? .max, groups.ranked.count)
        var rows: [UsageFacts.Fact] = []
        var otherBuckets: [Int64: FlowCounters] = [:]
        if query.step == nil {
            rows = groups.ranked.prefix(named)
                .map { group in
                    UsageFacts.Fact(bucketStart: query.start, group: group.values, counters: group.total)
                }
            for group in groups.ranked.dropFirst(named) { otherBuckets[query.start, default: .zero] += group.total }
        } else {
            var rankedFacts: [(rank: Int, index: Int)] = []
            for index in facts.facts.indices {
                let rank = groups.rank(ofFact: index)
                if rank < named {
                    rankedFacts.append((rank, index))
                } else {
                    let fact = facts.facts[index]
                    otherBuckets[fact.bucketStart, default: .zero] += fact.counters
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
                    buckets: otherBuckets.sorted { $0.key < $1.key }
                        .map {
                            UsageFacts.Fact(bucketStart: $0.key, group: [], counters: $0.value)
                        }
                ),
            total: groups.ranked.reduce(into: .zero) { $0 += $1.total },
            lost: lost.sorted { $0.key < $1.key }.map { Loss(reason: $0.key, counters: $0.value) }
        )
    }
}
