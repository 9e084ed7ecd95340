// SPDX-License-Identifier: Apache-2.0
public import Pricing

/// Which facts a question about money needs, so that every byte meets the prices of its own time.
///
/// The range is cut where a price changes and, if there are tiers, at the ends of the calendar months (UTC) that
/// tiers count in. What a month costs by tiers depends on everything in it, so the month's bytes are asked for as a
/// whole, whatever the question filters.
public struct CostPlan: Sendable {
    /// A tariff that holds during a part of the range.
    struct Rate: Hashable {
        /// The line's place in the book.
        var line: Int
        var tariff: Tariff
        /// First second of the month whose bytes the tiers count; `nil` for a flat tariff.
        var month: Int64?
    }

    /// A part of the range in which no price changes.
    struct Part {
        var start: Int64
        var end: Int64
        var rates: [Rate]
        /// The questions about it, as indices of ``CostPlan/queries``.
        var queries: Range<Int>
    }

    /// The question.
    public let query: CostQuery
    /// The prices.
    public let book: PriceBook
    /// What a store must answer, all from one snapshot, in this order.
    public private(set) var queries: [UsageQuery] = []

    /// The parts, oldest first.
    private(set) var parts: [Part] = []
    /// The questions about whole months, by the first second of the month.
    private(set) var months: [Int64: Int] = [:]

    /// The plan for `query` with the prices of `book`.
    ///
    /// - Throws: An error about `start` or `end` if the book is not complete for the range.
    public init(_ query: CostQuery, book: PriceBook) throws(QueryError) {
        self.query = query
        self.book = book
        let (start, end) = (query.usage.start, query.usage.end)
        guard start >= book.start else {
            throw QueryError(
                parameter: "start",
                detail: "the range starts at \(UTCTime(secondsSinceEpoch: start)), and the price book \(book.name) "
                    + "holds from \(UTCTime(secondsSinceEpoch: book.start)) on"
            )
        }
        if let last = book.end, end > last {
            throw QueryError(
                parameter: "end",
                detail: "the range ends at \(UTCTime(secondsSinceEpoch: end)), and the price book \(book.name) holds "
                    + "until \(UTCTime(secondsSinceEpoch: last))"
            )
        }
        let borders = self.borders
        for (start, end) in zip(borders, borders.dropFirst()) { add(from: start, to: end) }
        let tiered = Set(parts.flatMap { $0.rates.compactMap(\.month) })
        for month in tiered.sorted() {
            months[month] = queries.count
            queries.append(
                UsageQuery(start: month, end: UTCTime.monthStart(after: month), groupBy: conditionDimensions)
            )
        }
    }

    /// The lines that count, by their places in the book.
    var lines: [Int] {
        book.lines.indices.filter { query.lines?.contains($0) ?? true }
    }

    /// The dimensions of the facts: those of the groups, then those that only conditions ask for.
    var dimensions: [Dimension] {
        query.usage.groupBy + conditionDimensions.filter { !query.usage.groupBy.contains($0) }
    }

    /// The dimensions that conditions ask for, in the order of all dimensions.
    var conditionDimensions: [Dimension] {
        let names = lines.reduce(into: Set<String>()) { $0.formUnion(book.lines[$1].condition.dimensions) }
        return Dimension.allCases.filter { names.contains($0.rawValue) }
    }

    /// First second of the answer's bucket that `second` is in.
    func bucketStart(of second: Int64) -> Int64 {
        if let starts = query.usage.calendar?.starts {
            return starts[max(0, starts.partitioningIndex { $0 > second } - 1)]
        }
        guard let step = query.usage.step else { return query.usage.start }
        return query.usage.start + (second - query.usage.start) / step * step
    }

    /// The range's start and end, and between them every second at which a rate may change.
    private var borders: [Int64] {
        let (start, end) = (query.usage.start, query.usage.end)
        var borders: Set<Int64> = [start, end]
        var hasTiers = false
        for line in lines {
            for price in book.lines[line].prices where price.start < end && start < price.end ?? .max {
                borders.formUnion([price.start, price.end ?? end])
                hasTiers = hasTiers || !price.tariff.isFlat
            }
        }
        if hasTiers {
            var month = UTCTime.monthStart(after: start)
            while month < end {
                borders.insert(month)
                month = UTCTime.monthStart(after: month)
            }
        }
        return borders.filter { $0 >= start && $0 <= end }.sorted()
    }

    private mutating func add(from start: Int64, to end: Int64) {
        let rates = lines.compactMap { line in
            book.lines[line].tariff(at: start)
                .map { Rate(line: line, tariff: $0, month: $0.isFlat ? nil : UTCTime.monthStart(of: start)) }
        }
        let first = queries.count
        var next = start
        if let step = query.usage.step {
            // The buckets at both ends may reach beyond the part.
            if bucketStart(of: start) < start { ask(from: &next, to: min(end, bucketStart(of: start) + step)) }
            let whole = end == query.usage.end ? end : bucketStart(of: end)
            if next < whole { ask(from: &next, to: whole, step: step) }
        } else if let calendar = query.usage.calendar {
            let starts = calendar.starts.filter { $0 >= start && $0 < end }
            // The first bucket may have begun before the part.
            if let first = starts.first, next < first { ask(from: &next, to: first) }
            if !starts.isEmpty {
                ask(from: &next, to: end, calendar: .init(text: calendar.text, starts: starts))
            }
        }
        if next < end { ask(from: &next, to: end) }
        parts.append(Part(start: start, end: end, rates: rates, queries: first..<queries.count))
    }

    private mutating func ask(
        from start: inout Int64,
        to end: Int64,
        step: Int64? = nil,
        calendar: UsageQuery.CalendarBuckets? = nil
    ) {
        var part = query.usage
        (part.start, part.end, part.step, part.calendar) = (start, end, step, calendar)
        part.groupBy = dimensions
        part.limit = nil
        part.comparesPrevious = false
        queries.append(part)
        start = end
    }
}
