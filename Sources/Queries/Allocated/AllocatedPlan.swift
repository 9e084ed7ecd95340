// SPDX-License-Identifier: Apache-2.0

/// Which facts are needed to say what bills came to for a question.
///
/// An item of a bill is split over everything that its kind has in its whole period, whatever the question's range and
/// filters; the answer shows the parts that they leave. So an item that reaches beyond the range is not lost or charged
/// twice, and the same question about all times gives the bill.
public struct AllocatedPlan: Sendable {
    /// The question; its lines are places in ``BillKind``'s cases.
    public let query: CostQuery
    /// What identifies the bills.
    public let bills: [SavedBill]
    /// The currency of all items.
    public let currency: String
    /// The items that reach into the range, by kind.
    let items: [BillKind: [Bill.Item]]
    /// The kinds of the questions, in their order.
    let kinds: [BillKind]
    /// What a store must answer, all from one snapshot.
    public let queries: [UsageQuery]
    /// The dimensions of the facts: those of the groups, then the region and those of filters.
    let dimensions: [Dimension]

    /// The plan for `query` and what `bills` bill.
    ///
    /// - Throws: An error about `bill`, if they are in several currencies, or about `step`, if it or the range cuts bills
    ///   into too many pieces.
    public init(_ query: CostQuery, bills: [(bill: SavedBill, content: Bill)]) throws(QueryError) {
        self.query = query
        var whole = Bill()
        for (bill, content) in bills {
            do {
                try whole.merge(content)
            } catch {
                throw QueryError(
                    parameter: "bill",
                    detail: "the bills of this time cannot be added up: \(error); name some of one currency. "
                        + "\(bill.name) is in \(bill.currency)"
                )
            }
        }
        let range = query.usage.start..<query.usage.end
        let counted = BillKind.allCases.indices.filter { query.lines?.contains($0) ?? true }
            .map { BillKind.allCases[$0] }
        let inside = whole.sortedItems.filter { $0.period.overlaps(range) && counted.contains($0.kind) }
        items = Dictionary(grouping: inside, by: \.kind)
        self.bills = bills.map(\.bill)
        currency = whole.currency ?? ""
        var dimensions = query.usage.groupBy
        for dimension in Dimension.allCases
        where !dimensions.contains(dimension)
            && (dimension == .region || query.usage.filteredDimensions.contains(dimension))
        {
            dimensions.append(dimension)
        }
        self.dimensions = dimensions
        var kinds: [BillKind] = []
        var queries: [UsageQuery] = []
        for kind in counted {
            guard let items = items[kind] else { continue }
            kinds.append(kind)
            queries.append(try Self.question(about: items, kind, query.usage, dimensions))
        }
        self.kinds = kinds
        self.queries = queries
    }

    /// The question about everything in the periods of `items`, in buckets that each lie in one bucket of the answer, or
    /// beside it, and in the same periods.
    private static func question(
        about items: [Bill.Item],
        _ kind: BillKind,
        _ usage: UsageQuery,
        _ dimensions: [Dimension]
    ) throws(QueryError) -> UsageQuery {
        var borders = Set(items.flatMap { [$0.period.lowerBound, $0.period.upperBound] })
        let (start, end) = (borders.min() ?? 0, borders.max() ?? 0)
        borders.formUnion(
            (usage.buckets.map(\.lowerBound) + [usage.end]).filter { start < $0 && $0 < end }
        )
        let sorted = borders.sorted()
        var step = end - start
        for (one, two) in zip(sorted, sorted.dropFirst()) { step = greatestDivisor(step, two - one) }
        var question = UsageQuery(start: start, end: end, groupBy: dimensions, filters: kind.cause)
        if step < end - start {
            guard (end - start) / step <= UsageQuery.mostBuckets else {
                throw QueryError(
                    parameter: "start",
                    detail: "bills are by the hour or the day, and start, end and step would cut them into "
                        + "\((end - start) / step) pieces; give whole hours or days"
                )
            }
            question.step = step
        }
        return question
    }

    private static func greatestDivisor(_ left: Int64, _ right: Int64) -> Int64 {
        right == 0 ? left : greatestDivisor(right, left % right)
    }

    /// First second of the answer's bucket that `second` is in; `nil` outside of the range.
    func bucketStart(of second: Int64) -> Int64? {
        guard second >= query.usage.start, second < query.usage.end else { return nil }
        if let starts = query.usage.calendar?.starts {
            return starts[max(0, starts.partitioningIndex { $0 > second } - 1)]
        }
        guard let step = query.usage.step else { return query.usage.start }
        return query.usage.start + (second - query.usage.start) / step * step
    }

    /// True if the question's filters leave bytes with these values of ``dimensions``.
    func counts(_ values: [String]) -> Bool {
        for (dimension, value) in zip(dimensions, values) {
            if let wanted = query.usage.filters[dimension], !wanted.contains(value) { return false }
            if query.usage.exclusions[dimension]?.contains(value) ?? false { return false }
        }
        return true
    }

    /// Spans of the range for which no bill has a line that counts, oldest first.
    var unbilled: [UsageFacts.Span] {
        var spans: [UsageFacts.Span] = []
        var next = query.usage.start
        for period in items.values.flatMap({ $0 }).map(\.period).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if period.lowerBound > next {
                spans.append(.init(start: next, end: min(period.lowerBound, query.usage.end)))
            }
            next = max(next, period.upperBound)
        }
        if next < query.usage.end { spans.append(.init(start: next, end: query.usage.end)) }
        return spans
    }
}

/// A bill that was saved for questions about costs.
public struct SavedBill: Hashable, Sendable {
    /// What it was saved as.
    public var name: String
    /// First second that it bills, since 1970-01-01T00:00:00Z.
    public var start: Int64
    /// First second after what it bills.
    public var end: Int64
    /// The currency of all its amounts.
    public var currency: String
    /// When it was saved, in seconds since 1970-01-01T00:00:00Z.
    public var savedAt: Int64
    /// SHA-256 of its summary (``Bill/summary``), hexadecimal.
    public var hash: String

    /// A bill of these properties.
    public init(name: String, start: Int64, end: Int64, currency: String, savedAt: Int64, hash: String) {
        self.name = name
        self.start = start
        self.end = end
        self.currency = currency
        self.savedAt = savedAt
        self.hash = hash
    }
}
