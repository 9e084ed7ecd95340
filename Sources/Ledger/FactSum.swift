// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

/// Sums rows, which come in the order of their buckets, into one fact per bucket of the answer and group.
struct FactSum {
    private(set) var facts: [UsageFacts.Fact] = []

    private let start: Int64
    private let step: Int64?
    private let groups: [[String]]
    /// Sums of the current bucket of the answer, by group.
    private var sums: [FlowCounters]
    /// Groups that have a row in the current bucket, each once.
    private var touched: [Int] = []
    private var isTouched: [Bool]
    /// First second of the current bucket of the answer.
    private var bucketStart: Int64
    /// First second of the next one.
    private var bucketEnd: Int64 = .min

    /// No facts yet, for `query` and its `groups`.
    init(_ query: UsageQuery, groups: [[String]]) {
        start = query.start
        step = query.step
        self.groups = groups
        sums = Array(repeating: .zero, count: groups.count)
        isTouched = Array(repeating: false, count: groups.count)
        bucketStart = query.start
    }

    /// Adds a row's `counters` to `group`.
    ///
    /// - Returns: False if a sum would pass 64 bits.
    mutating func add(_ counters: FlowCounters, group: Int, at rowStart: Int64) -> Bool {
        if rowStart >= bucketEnd { begin(bucketOf: rowStart) }
        guard let sum = sums[group].addingExactly(counters) else { return false }
        sums[group] = sum
        if !isTouched[group] {
            isTouched[group] = true
            touched.append(group)
        }
        return true
    }

    /// Ends the last bucket; ``facts`` are complete then.
    mutating func finish() {
        for group in touched {
            if !sums[group].isZero {
                facts.append(
                    UsageFacts.Fact(bucketStart: bucketStart, group: groups[group], counters: sums[group])
                )
            }
            sums[group] = .zero
            isTouched[group] = false
        }
        touched.removeAll(keepingCapacity: true)
    }

    private mutating func begin(bucketOf rowStart: Int64) {
        finish()
        if let step {
            bucketStart = start + (rowStart - start) / step * step
            let (end, over) = bucketStart.addingReportingOverflow(step)
            bucketEnd = over ? .max : end
        } else {
            bucketEnd = .max
        }
    }
}
