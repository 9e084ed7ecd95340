// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

/// Sums rows, which come in the order of their buckets, into one cell per bucket of the answer and group.
struct FactSum {
    /// Bytes of one group in one bucket of the answer.
    struct Cell {
        /// First second of the bucket.
        var bucketStart: Int64
        /// Index of the group.
        var group: Int32
        var counters: FlowCounters
    }

    /// In the order of their buckets, and of the groups' indices in each; none is zero.
    private(set) var cells: [Cell] = []
    /// The part of the cells whose bytes have no owner.
    private(set) var unattributed = FlowCounters.zero

    /// How many cells there may be.
    private let mostCells: Int
    /// All slots in the order of their groups.
    private let slotOrder: [Int32]
    private let slots: [SeriesSelection.Slot]
    private let slotBySeries: [Int32]
    private var buckets: AnswerBuckets
    /// Sums of the current bucket of the answer, by slot.
    private var sums: [FlowCounters]
    /// Slots that have a row in the current bucket, each once.
    private var touched: [Int32] = []
    private var isTouched: [Bool]

    /// No cells yet, for `query` and what it selects.
    init(_ query: UsageQuery, _ selection: SeriesSelection, mostCells: Int) {
        self.mostCells = mostCells
        slots = selection.slots
        slotOrder = selection.slotsByGroup
        slotBySeries = selection.slotBySeries
        sums = Array(repeating: .zero, count: selection.slots.count)
        isTouched = Array(repeating: false, count: selection.slots.count)
        buckets = AnswerBuckets(query)
    }

    /// Adds the `counters` of the series with `id` in the bucket that begins at `rowStart`.
    ///
    /// - Throws: ``SumError``.
    mutating func add(_ counters: FlowCounters, series id: Int64, at rowStart: Int64) throws(SumError) {
        if rowStart >= buckets.end { try begin(bucketOf: rowStart) }
        guard id >= 1, id <= slotBySeries.count else { throw .unknownSeries(id) }
        let slot = slotBySeries[Int(id) - 1]
        if slot >= 0 { try add(counters, slot: slot) }
    }

    /// Adds `rows` of the bucket that begins at `rowStart`.
    ///
    /// - Throws: ``SumError``.
    mutating func add(_ rows: SegmentRows, at rowStart: Int64) throws(SumError) {
        if rowStart >= buckets.end { try begin(bucketOf: rowStart) }
        if let last = rows.ids.last, last > slotBySeries.count { throw .unknownSeries(Int64(last)) }
        guard let first = rows.ids.first, first >= 1 else { throw .unknownSeries(Int64(rows.ids.first ?? 0)) }
        // Ids ascend, so both ends are checked; the loop is the one that answers wait for.
        var overflows = false
        slotBySeries.withUnsafeBufferPointer { slotBySeries in
            sums.withUnsafeMutableBufferPointer { sums in
                isTouched.withUnsafeMutableBufferPointer { isTouched in
                    rows.withUnsafeBufferPointers { ids, counters in
                        for row in ids.indices {
                            let slot = Int(slotBySeries[Int(ids[row]) &- 1])
                            guard slot >= 0 else { continue }
                            let (sum, overflow) = sums[slot].addingWithOverflow(counters[row])
                            sums[slot] = sum
                            overflows = overflows || overflow
                            if !isTouched[slot] {
                                isTouched[slot] = true
                                touched.append(Int32(slot))
                            }
                        }
                    }
                }
            }
        }
        if overflows { throw .overflow }
    }

    /// Ends the last bucket; ``cells`` are complete then.
    mutating func finish() throws(SumError) {
        for slot in touched where slots[Int(slot)].isUnattributed {
            guard let sum = unattributed.addingExactly(sums[Int(slot)]) else { throw .overflow }
            unattributed = sum
        }
        if touched.count * 8 < slots.count {
            touched.sort { slots[Int($0)].group < slots[Int($1)].group }
            try appendCells(of: touched)
        } else {
            try appendCells(of: slotOrder)
        }
        touched.removeAll(keepingCapacity: true)
    }

    /// Makes cells of `order`, in which slots of one group follow each other; few groups have two.
    private mutating func appendCells(of order: [Int32]) throws(SumError) {
        var next = 0
        while next < order.count {
            let group = slots[Int(order[next])].group
            var total = FlowCounters.zero
            while next < order.count, slots[Int(order[next])].group == group {
                let slot = Int(order[next])
                if isTouched[slot] {
                    guard let sum = total.addingExactly(sums[slot]) else { throw .overflow }
                    total = sum
                    sums[slot] = .zero
                    isTouched[slot] = false
                }
                next += 1
            }
            guard !total.isZero else { continue }
            guard cells.count < mostCells else { throw .tooMany }
            cells.append(Cell(bucketStart: buckets.start, group: Int32(group), counters: total))
        }
    }

    @inline(__always)
    private mutating func add(_ counters: FlowCounters, slot: Int32) throws(SumError) {
        let slot = Int(slot)
        guard let sum = sums[slot].addingExactly(counters) else { throw .overflow }
        sums[slot] = sum
        if !isTouched[slot] {
            isTouched[slot] = true
            touched.append(Int32(slot))
        }
    }

    private mutating func begin(bucketOf rowStart: Int64) throws(SumError) {
        try finish()
        buckets.advance(to: rowStart)
    }
}

/// Why rows cannot be summed.
enum SumError: Error {
    /// A row is of a series that does not exist.
    case unknownSeries(Int64)
    /// A sum would pass 64 bits.
    case overflow
    /// There are more cells than there may be.
    case tooMany
}

/// The buckets of an answer, one after the other.
struct AnswerBuckets {
    /// First second of the current bucket.
    private(set) var start: Int64
    /// First second of the next one; before the first ``advance(to:)`` there is none.
    private(set) var end: Int64 = .min

    private let origin: Int64
    private let step: Int64?
    private let calendarStarts: [Int64]
    private var next = 0

    init(_ query: UsageQuery) {
        origin = query.start
        start = query.start
        calendarStarts = query.calendar?.starts ?? []
        step = query.step
    }

    /// Goes to the bucket that holds `second`, which is not before the current one.
    mutating func advance(to second: Int64) {
        guard let step else {
            while next < calendarStarts.count, calendarStarts[next] <= second {
                start = calendarStarts[next]
                next += 1
            }
            end = next < calendarStarts.count ? calendarStarts[next] : .max
            return
        }
        start = origin + (second - origin) / step * step
        let (next, over) = start.addingReportingOverflow(step)
        end = over ? .max : next
    }
}
