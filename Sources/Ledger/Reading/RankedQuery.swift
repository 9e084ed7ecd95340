// SPDX-License-Identifier: Apache-2.0
import GRDB
import Queries
import Traffic

/// A query whose groups were summed over its whole range and ranked: its rows can then be read some buckets at a time,
/// already in the answer's order, and groups beyond the limit are summed while they are read.
///
/// The sums over the range come from wider tiers than the rows, so they cost little. All reads must be of one snapshot.
struct RankedQuery: Sendable {
    let query: UsageQuery
    /// The answer without its rows.
    let head: UsageAnswer

    private let path: String
    private let mostRows: Int
    /// A group's index is its rank; the one behind them is of all that the limit leaves unnamed.
    private let selection: SeriesSelection
    private let horizon: TierHorizon
    /// The rows of a query without steps, and what the limit left unnamed of it.
    private let totals: Rows?

    /// Rows of some buckets, in the answer's order.
    private struct Rows {
        var named: [UsageFacts.Fact] = []
        var others: [UsageFacts.Fact] = []
    }

    /// Sums and ranks the groups of `query` at `now` (seconds since 1970), on the snapshot of `db`, which is the ledger at `path`.
    ///
    /// - Parameter mostRows: Groups, and rows of ``answer(_:)``, that there may be.
    init(
        _ query: UsageQuery,
        from directory: SeriesDirectory,
        now: Int64,
        path: String,
        mostRows: Int = UsageQuery.mostFacts,
        _ db: Database
    ) throws {
        self.mostRows = mostRows
        self.query = query
        self.path = path
        horizon = try Store.horizon(db, path: path)
        let selection = SeriesSelection(query, from: directory)
        let reading = Reading(query, horizon: horizon)
        let current = try Self.totals(of: query, reading, selection, path: path, db)
        var previous: (reading: Reading, sums: [FlowCounters])?
        if query.comparesPrevious {
            let reading = Reading(query.previous, horizon: horizon)
            previous = (reading, try Self.totals(of: query.previous, reading, selection, path: path, db).sums)
        }
        let present = selection.groups.indices.filter { group in
            !current.sums[group].isZero || previous.map { !$0.sums[group].isZero } ?? false
        }
        guard present.count <= mostRows else { throw LedgerError(tooManyRowsOf: query, most: mostRows) }
        let ranked = query.order.ranked(present, values: { selection.groups[$0] }, totals: { current.sums[$0] })
        let named = Array(ranked.prefix(query.limit ?? .max))
        self.selection = selection.ranked(named)

        let total = try Self.total(current.sums)
        let totalBefore = try previous.map { try Self.total($0.sums) }
        let gaps = try RangeGaps(query, now: now, path: path, db)
        var head = UsageAnswer(
            start: query.start,
            end: query.end,
            step: query.step,
            resolution: query.resolution,
            groupBy: query.groupBy,
            rows: [],
            other: named.count < ranked.count ? .init(groups: ranked.count - named.count, buckets: []) : nil,
            total: total,
            lost: gaps.losses
        )
        head.calendarStep = query.calendar?.text
        head.zone = query.zone
        head.parts = reading.parts
        head.missing = reading.missing
        head.nodes = gaps.nodes
        head.unattributed = current.unattributed
        head.previous = previous.map { reading, _ in
            UsageAnswer.Previous(
                start: query.previous.start,
                end: query.previous.end,
                total: totalBefore ?? .zero,
                missing: reading.missing
            )
        }
        self.head = head
        if query.isStepped {
            totals = nil
        } else {
            func fact(_ groups: some Sequence<Int>, _ values: [String]) -> UsageFacts.Fact {
                UsageFacts.Fact(
                    bucketStart: query.start,
                    group: values,
                    counters: groups.reduce(into: .zero) { $0 += current.sums[$1] },
                    previous: previous.map { previous in groups.reduce(into: .zero) { $0 += previous.sums[$1] } }
                )
            }
            var rows = Rows(named: named.map { fact(CollectionOfOne($0), selection.groups[$0]) })
            if head.other != nil { rows.others = [fact(ranked.dropFirst(named.count), [])] }
            totals = rows
        }
    }

    /// How many buckets can be read at once so that they have about `facts` rows, or one if that has more.
    func buckets(ofAbout facts: Int) -> Int {
        max(1, facts / selection.slots.count)
    }

    /// The whole answer.
    ///
    /// - Throws: ``LedgerError``, with the code `tooLarge` if it has more rows than there may be.
    func answer(_ db: Database) throws -> UsageAnswer {
        try answer(0..<query.bucketCount, mostRows: mostRows, db)
    }

    /// The answer with the rows of the buckets with these indices only.
    func answer(_ buckets: Range<Int>, mostRows: Int = .max, _ db: Database) throws -> UsageAnswer {
        let rows = try totals ?? rows(of: buckets, mostRows: mostRows, db)
        var answer = head
        answer.rows = rows.named
        answer.other?.buckets = rows.others
        return answer
    }

    private func rows(of buckets: Range<Int>, mostRows: Int, _ db: Database) throws -> Rows {
        let slice = query.slice(buckets)
        let cells = try self.cells(of: slice, mostRows, db)
        guard query.comparesPrevious else {
            var rows = Rows()
            rows.named.reserveCapacity(cells.count)
            for cell in cells { append(cell.bucketStart, cell.group, cell.counters, nil, to: &rows) }
            return rows
        }
        return merge(cells, try self.cells(of: slice.previous, mostRows, db), slice)
    }

    /// Joins the cells of a slice with those of the period before, each in the order of its bucket and rank.
    private func merge(_ cells: [FactSum.Cell], _ before: [FactSum.Cell], _ slice: UsageQuery) -> Rows {
        var rows = Rows()
        let places = slice.placesOfPrevious
        var (mine, theirs) = (0, 0)
        while mine < cells.count || theirs < before.count {
            let current = mine < cells.count ? cells[mine] : nil
            var previous = theirs < before.count ? before[theirs] : nil
            if let start = previous?.bucketStart { previous?.bucketStart = places[start, default: slice.start] }
            let order = current.flatMap { current in
                previous.map { (current.bucketStart, current.group, $0.bucketStart, $0.group) }
            }
            let takesCurrent = order.map { ($0.0, $0.1) <= ($0.2, $0.3) } ?? (current != nil)
            let takesPrevious = order.map { ($0.2, $0.3) <= ($0.0, $0.1) } ?? (previous != nil)
            if takesCurrent { mine += 1 }
            if takesPrevious { theirs += 1 }
            guard let place = takesCurrent ? current : previous else { break }
            append(
                place.bucketStart,
                place.group,
                takesCurrent ? place.counters : .zero,
                takesPrevious ? previous?.counters ?? .zero : .zero,
                to: &rows
            )
        }
        return rows
    }

    private func append(
        _ bucketStart: Int64,
        _ rank: Int32,
        _ counters: FlowCounters,
        _ previous: FlowCounters?,
        to rows: inout Rows
    ) {
        let isNamed = Int(rank) < selection.groups.count
        let fact = UsageFacts.Fact(
            bucketStart: bucketStart,
            group: isNamed ? selection.groups[Int(rank)] : [],
            counters: counters,
            previous: previous
        )
        if isNamed { rows.named.append(fact) } else { rows.others.append(fact) }
    }

    private func cells(of slice: UsageQuery, _ mostRows: Int, _ db: Database) throws -> [FactSum.Cell] {
        try Scan(slice, selection: selection, path: path, db)
            .sum(Reading(slice, horizon: horizon).parts, mostCells: mostRows).cells
    }

    /// The sum of all groups.
    private static func total(_ sums: [FlowCounters]) throws -> FlowCounters {
        try sums.reduce(.zero) { total, sum in
            guard let total = total.addingExactly(sum) else { throw LedgerError.sumBeyond64Bits }
            return total
        }
    }

    /// What each group of `selection` has in what `reading` reads of `query`, from the widest tiers that have it.
    private static func totals(
        of query: UsageQuery,
        _ reading: Reading,
        _ selection: SeriesSelection,
        path: String,
        _ db: Database
    ) throws -> (sums: [FlowCounters], unattributed: FlowCounters) {
        var whole = query
        whole.step = nil
        whole.calendar = nil
        var parts: [ReadPart] = []
        for span in reading.spans {
            (whole.start, whole.end) = (span.start, span.end)
            parts += whole.parts
        }
        (whole.start, whole.end) = (query.start, query.end)
        let sum = try Scan(whole, selection: selection, path: path, db).sum(parts)
        var sums = [FlowCounters](repeating: .zero, count: selection.groups.count)
        for cell in sum.cells { sums[Int(cell.group)] += cell.counters }
        return (sums, sum.unattributed)
    }
}
