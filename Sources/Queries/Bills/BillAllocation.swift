// SPDX-License-Identifier: Apache-2.0
import Pricing
public import Traffic

/// A bill, split over what caused it by measured bytes.
///
/// Each item is split over the bytes of its kind that were measured in its period, and in its region if both the bill
/// and the ledger know one. If more bytes were billed than measured, the rest stays unexplained, in proportion; so does
/// an item for which nothing was measured. The parts and what is unexplained add up to the bill, digit for digit.
public struct BillAllocation: Sendable {
    /// Bytes of one group in one bucket of the measurement.
    public struct Measured: Sendable {
        /// First second of the bucket.
        public var start: Int64
        /// Where the node stands; empty if unknown.
        public var region: String
        /// Values of ``BillAllocation/dimensions``.
        public var group: [String]
        /// The bytes.
        public var counters: FlowCounters

        /// Bytes of `group`.
        public init(start: Int64, region: String, group: [String], counters: FlowCounters) {
            self.start = start
            self.region = region
            self.group = group
            self.counters = counters
        }
    }

    /// What one group caused.
    public struct Row: Hashable, Sendable {
        /// What for.
        public var kind: BillKind
        /// Values of ``BillAllocation/dimensions``; empty for what is unexplained.
        public var group: [String]
        /// Measured bytes.
        public var bytes: UInt128
        /// Its part, in 10^-12 of the currency's unit.
        public var cost: Int128
    }

    /// What a kind came to.
    public struct Sum: Hashable, Sendable {
        /// What for.
        public var kind: BillKind
        /// What the bill says.
        public var billed: Int128 = 0
        /// What of it has no cause that was measured.
        public var unexplained: Int128 = 0
        /// Bytes that the bill says, of the items that say any.
        public var billedBytes: UInt128 = 0
        /// Bytes that were measured for the same items.
        public var measuredBytes: UInt128 = 0
    }

    /// The dimensions that the rows are cut by.
    public let dimensions: [Dimension]
    /// Currency of all amounts.
    public let currency: String
    /// Decimals of all amounts when they are written.
    public let decimals: Int
    /// By kind, and within it the largest part first; what is unexplained last.
    public private(set) var rows: [Row] = []
    /// One for each kind that the bill has.
    public private(set) var sums: [Sum] = []
    /// Lines of the bill that bytes do not cause, and what they cost.
    public let others: (lines: Int, cost: Int128)

    /// `bill`, split by `measured` bytes.
    ///
    /// - Parameters:
    ///   - bill: What was paid.
    ///   - dimensions: What the groups' values are of.
    ///   - measured: By kind, the bytes of buckets that lie in one period of the bill each.
    public init(_ bill: Bill, dimensions: [Dimension], measured: [BillKind: [Measured]]) {
        self.dimensions = dimensions
        currency = bill.currency ?? ""
        others = bill.others
        decimals = bill.shownDecimals
        // The smallest part that is given is one of the last digit that the bill writes.
        let unit = (bill.shownDecimals..<Bill.decimals).reduce(Int128(1)) { unit, _ in unit * 10 }
        var cells: [BillKind: [[String]: Row]] = [:]
        var totals: [BillKind: Sum] = [:]
        let sorted = measured.mapValues { $0.sorted { $0.start < $1.start } }
        for item in bill.sortedItems {
            let causes = Self.causes(of: item, in: sorted[item.kind] ?? [])
            let bytes = causes.reduce(UInt128(0)) { $0 + $1.bytes }
            let missing = item.bytes.map { $0 > bytes ? $0 - bytes : 0 } ?? 0
            let weights = causes.map(\.bytes) + [missing]
            let parts = Apportionment.split(item.cost / unit, by: weights)
            var left = item.cost
            for (cause, part) in zip(causes, parts ?? []) where cause.bytes > 0 {
                var row =
                    cells[item.kind, default: [:]][cause.group]
                    ?? Row(kind: item.kind, group: cause.group, bytes: 0, cost: 0)
                row.bytes += cause.bytes
                row.cost += part * unit
                left -= part * unit
                cells[item.kind, default: [:]][cause.group] = row
            }
            var sum = totals[item.kind] ?? Sum(kind: item.kind)
            sum.billed += item.cost
            sum.unexplained += left
            if let billed = item.bytes, billed > 0 {
                sum.billedBytes += billed
                sum.measuredBytes += bytes
            }
            totals[item.kind] = sum
        }
        for kind in BillKind.allCases {
            guard let sum = totals[kind] else { continue }
            sums.append(sum)
            rows += (cells[kind] ?? [:]).values
                .sorted { left, right in
                    left.cost == right.cost
                        ? left.group.lexicographicallyPrecedes(right.group) : left.cost.magnitude > right.cost.magnitude
                }
            if sum.unexplained != 0 { rows.append(Row(kind: kind, group: [], bytes: 0, cost: sum.unexplained)) }
        }
    }

    /// What caused `item`, each group once, in a fixed order.
    ///
    /// - Parameter measured: What was measured of its kind, in the order of time.
    static func causes(
        of item: Bill.Item,
        in measured: [Measured]
    ) -> [(group: [String], bytes: UInt128)] {
        let first = measured.partitioningIndex { $0.start >= item.period.lowerBound }
        let last = measured.partitioningIndex { $0.start >= item.period.upperBound }
        let inside = measured[first..<last]
        let knowsRegions = !item.region.isEmpty && inside.contains { !$0.region.isEmpty }
        var sums: [[String]: UInt128] = [:]
        for entry in inside where !knowsRegions || entry.region == item.region {
            sums[entry.group, default: 0] += UInt128(item.kind.bytes(entry.counters))
        }
        return sums.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { ($0.key, $0.value) }
    }
}
