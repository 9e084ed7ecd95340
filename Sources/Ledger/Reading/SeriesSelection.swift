// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

/// Which series a query counts, and to which of its groups each belongs.
///
/// Sums are kept by slot: a group has one slot, and another if some of its series are unattributed, so that an answer
/// can say how many of its bytes have no owner.
struct SeriesSelection {
    /// What is summed on its own.
    struct Slot {
        /// Index of the group.
        var group: Int
        /// True if the bytes have no owner.
        var isUnattributed: Bool
    }

    /// Values of the query's `groupBy`, one element per group.
    private(set) var groups: [[String]] = []
    private(set) var slots: [Slot] = []
    /// Ids of the series that count, ascending.
    private(set) var members: [Int] = []
    /// For each series, by id minus 1, the index of its slot, or -1 if it does not count.
    private(set) var slotBySeries: [Int32]

    /// The selection that `query` makes from `directory`.
    init(_ query: UsageQuery, from directory: SeriesDirectory) {
        slotBySeries = Array(repeating: -1, count: directory.series.count)
        var indexByGroup: [[String]: Int] = [:]
        var slotByGroup: [[Int32]] = [[], []]
        let conditions = query.filteredDimensions.map { Condition($0, of: query) }
        // Series of one class have the same group, which is then worked out once.
        let isByClass = SeriesDirectory.rollsUp(query)
        directory.series.withUnsafeBufferPointer { series in
            // A key is looked at where it stands: copying one costs more than all the rest.
            for index in series.indices {
                let representative = Int(directory.representatives[index]) - 1
                if isByClass, representative != index {
                    let slot = slotBySeries[representative]
                    slotBySeries[index] = slot
                    if slot >= 0 { members.append(index + 1) }
                    continue
                }
                guard conditions.allSatisfy({ $0.holds(for: series[index]) }) else { continue }
                let group = query.groupBy.map { series[index][$0] }
                let groupIndex = indexByGroup[group, default: groups.count]
                if groupIndex == groups.count {
                    indexByGroup[group] = groupIndex
                    groups.append(group)
                    slotByGroup[0].append(-1)
                    slotByGroup[1].append(-1)
                }
                let isUnattributed = series[index].ownerKind == .unattributed
                let side = isUnattributed ? 1 : 0
                if slotByGroup[side][groupIndex] < 0 {
                    slotByGroup[side][groupIndex] = Int32(slots.count)
                    slots.append(Slot(group: groupIndex, isUnattributed: isUnattributed))
                }
                members.append(index + 1)
                slotBySeries[index] = slotByGroup[side][groupIndex]
            }
        }
    }

    /// Which values of one dimension count.
    private struct Condition {
        private let dimension: Dimension
        private let values: Set<String>?
        private let excluded: Set<String>
        /// The only value that counts, if there is one: to compare costs a fraction of looking it up.
        private let single: String?

        init(_ dimension: Dimension, of query: UsageQuery) {
            self.dimension = dimension
            values = query.filters[dimension]
            excluded = query.exclusions[dimension] ?? []
            single = values.flatMap { $0.count == 1 && query.exclusions[dimension] == nil ? $0.first : nil }
        }

        @inline(__always)
        func holds(for key: SeriesKey) -> Bool {
            if let single { return key[dimension] == single }
            let value = key[dimension]
            return values?.contains(value) ?? true && !excluded.contains(value)
        }
    }

    /// True if looking up single series may cost less than reading all: it never does for a quarter of them.
    var isSmall: Bool {
        members.count * 4 < slotBySeries.count
    }

    /// All slots in the order of their groups.
    var slotsByGroup: [Int32] {
        slots.indices.sorted { slots[$0].group < slots[$1].group }.map { Int32($0) }
    }

    /// The same series in the groups `ranked`, indices of groups in their new order; all others are one group behind.
    func ranked(_ ranked: [Int]) -> SeriesSelection {
        var ranks = [Int](repeating: ranked.count, count: groups.count)
        for (rank, group) in ranked.enumerated() { ranks[group] = rank }
        var selection = self
        selection.groups = ranked.map { groups[$0] }
        selection.slots = (0...ranked.count).map { Slot(group: $0, isUnattributed: false) }
        let newSlots = slots.map { Int32(ranks[$0.group]) }
        for index in slotBySeries.indices where slotBySeries[index] >= 0 {
            selection.slotBySeries[index] = newSlots[Int(slotBySeries[index])]
        }
        return selection
    }
}
