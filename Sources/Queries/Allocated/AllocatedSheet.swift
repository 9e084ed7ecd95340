// SPDX-License-Identifier: Apache-2.0
import Pricing
import Traffic

/// The work behind ``AllocatedCosts``: takes the measured bytes as they are read, and splits the bills over them.
public struct AllocatedSheet: FactSink {
    /// Bytes of one group in one bucket of the measurement.
    private struct Measured {
        var start: Int64
        /// Index in `groups`.
        var group: Int
        var egress: UInt64
        var ingress: UInt64

        var bytes: UInt128 { UInt128(egress) + UInt128(ingress) }
    }

    /// A place in the answer.
    struct Cell: Hashable {
        var bucketStart: Int64
        var group: [String]
    }

    /// What one kind came to, in 10^-12 of the currency's unit.
    struct Sum {
        var billed: Int128 = 0
        /// What the answer shows.
        var shown: Int128 = 0
        /// What has no cause that was measured.
        var unexplained: Int128 = 0
        var billedBytes: UInt128 = 0
        var measuredBytes: UInt128 = 0
    }

    let plan: AllocatedPlan
    private var numbers: [[String]: Int] = [:]
    private var groups: [[String]] = []
    private var measured: [BillKind: [Measured]] = [:]
    private var count = 0

    /// A sheet on which nothing stands.
    public init(_ plan: AllocatedPlan) {
        self.plan = plan
    }

    /// Notes the bytes that a kind is paid for.
    ///
    /// - Throws: ``AnswerTooLarge``.
    public mutating func add(_ facts: [UsageFacts.Fact], of question: Int) throws {
        let kind = plan.kinds[question]
        for fact in facts {
            let entry = Measured(
                start: fact.bucketStart,
                group: number(of: fact.group),
                egress: fact.counters.egressBytes,
                ingress: kind.isOfBothDirections ? fact.counters.ingressBytes : 0
            )
            if entry.bytes > 0 { measured[kind, default: []].append(entry) }
        }
        count += facts.count
        guard count <= UsageQuery.mostFacts else { throw AnswerTooLarge() }
    }

    private mutating func number(of group: [String]) -> Int {
        if let known = numbers[group] { return known }
        numbers[group] = groups.count
        groups.append(group)
        return groups.count - 1
    }

    /// What the bills came to in each place of the answer, and in all.
    func split() -> (cells: [Cell: CostAnswer.Sum], sums: [BillKind: Sum]) {
        let shown = groups.map { plan.counts($0) ? Array($0.prefix(plan.query.usage.groupBy.count)) : nil }
        let regions = plan.dimensions.firstIndex(of: .region).map { place in groups.map { $0[place] } } ?? []
        var cells: [Cell: CostAnswer.Sum] = [:]
        var sums: [BillKind: Sum] = [:]
        for kind in plan.kinds {
            var sum = Sum()
            // Of one bucket in the order of groups, so that the same bytes are always split the same way.
            let entries = (measured[kind] ?? [])
                .sorted { left, right in
                    left.start == right.start
                        ? groups[left.group].lexicographicallyPrecedes(groups[right.group]) : left.start < right.start
                }
            for item in plan.items[kind] ?? [] {
                let first = entries.partitioningIndex { $0.start >= item.period.lowerBound }
                let last = entries.partitioningIndex { $0.start >= item.period.upperBound }
                let inside = entries[first..<last]
                let knowsRegions = !item.region.isEmpty && inside.contains { !regions[$0.group].isEmpty }
                let causes = inside.filter { !knowsRegions || regions[$0.group] == item.region }
                let bytes = causes.reduce(UInt128(0)) { $0 + $1.bytes }
                let rest = item.bytes.map { $0 > bytes ? $0 - bytes : 0 } ?? 0
                // Without any measured byte, nothing is explained.
                let parts = Apportionment.split(item.cost, by: causes.map(\.bytes) + [rest])
                sum.billed += item.cost
                var left = item.cost
                for (cause, part) in zip(causes, parts ?? []) {
                    left -= part
                    guard let group = shown[cause.group], let bucket = plan.bucketStart(of: cause.start) else {
                        continue
                    }
                    let line = plan.query.byLine ? [kind.rawValue] : []
                    cells[Cell(bucketStart: bucket, group: group + line), default: .init()] += CostAnswer.Sum(
                        egressBytes: cause.egress,
                        ingressBytes: cause.ingress,
                        cost: part
                    )
                    sum.shown += part
                }
                sum.unexplained += left
                if let billed = item.bytes, billed > 0 {
                    sum.billedBytes += billed
                    sum.measuredBytes += bytes
                }
            }
            sums[kind] = sum
        }
        return (cells, sums)
    }
}
