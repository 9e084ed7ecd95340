// SPDX-License-Identifier: Apache-2.0
import Traffic

/// Rows of one bucket, in the order of their series, each once.
struct SegmentRows {
    /// Ids of the series.
    var ids: [Int32] = []
    /// The counters at the same index.
    var counters: [FlowCounters] = []

    var count: Int {
        ids.count
    }

    mutating func append(_ id: Int32, _ counters: FlowCounters) {
        ids.append(id)
        self.counters.append(counters)
    }

    /// Hands ids and counters, which are as many, to `body`.
    @inline(__always)
    func withUnsafeBufferPointers(
        _ body: (UnsafeBufferPointer<Int32>, UnsafeBufferPointer<FlowCounters>) -> Void
    ) {
        ids.withUnsafeBufferPointer { ids in
            counters.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: ids[..<$0.count]), $0) }
        }
    }

    /// Makes room for exactly `count` rows, whose content is whatever was there.
    mutating func resize(to count: Int) {
        ids.setCount(count, filling: 0)
        counters.setCount(count, filling: .zero)
    }

    /// The rows at `range`.
    subscript(range: Range<Int>) -> SegmentRows {
        SegmentRows(ids: Array(ids[range]), counters: Array(counters[range]))
    }

    /// The sum of both, row by row; `nil` if a counter would pass 2^63.
    func merged(with other: SegmentRows) -> SegmentRows? {
        var result = SegmentRows()
        result.ids.reserveCapacity(count + other.count)
        result.counters.reserveCapacity(count + other.count)
        var (mine, theirs) = (0, 0)
        while mine < count || theirs < other.count {
            if theirs == other.count || mine < count && ids[mine] < other.ids[theirs] {
                result.append(ids[mine], counters[mine])
                mine += 1
            } else if mine == count || other.ids[theirs] < ids[mine] {
                result.append(other.ids[theirs], other.counters[theirs])
                theirs += 1
            } else {
                guard
                    let sum = counters[mine].addingExactly(other.counters[theirs]),
                    (sum.egressBytes | sum.ingressBytes | sum.egressPackets | sum.ingressPackets) >> 63 == 0
                else { return nil }
                result.append(ids[mine], sum)
                mine += 1
                theirs += 1
            }
        }
        return result
    }
}

extension Array {
    /// Makes room for exactly `count` elements: `filler` behind those that are there.
    mutating func setCount(_ count: Int, filling filler: Element) {
        if self.count > count { removeLast(self.count - count) }
        if self.count < count { append(contentsOf: repeatElement(filler, count: count - self.count)) }
    }
}
