// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// The groups of some facts with their sums over all buckets, ranked.
struct GroupRanking {
    struct Group {
        var values: [String]
        var total: FlowCounters
        /// The sum of the period before; `nil` if that was not asked for.
        var previous: FlowCounters?
        /// Order of first appearance.
        var number: Int

        mutating func add(_ fact: UsageFacts.Fact) {
            total += fact.counters
            guard let theirs = fact.previous else { return }
            var sum = previous ?? .zero
            sum += theirs
            previous = sum
        }
    }

    /// All groups, first in rank first.
    let ranked: [Group]

    private let groupOfFact: [Int]
    private let rankOfGroup: [Int]

    init(_ facts: [UsageFacts.Fact], order: UsageQuery.Order) {
        var numbers: [[String]: Int] = [:]
        var groups: [Group] = []
        var groupOfFact: [Int] = []
        groupOfFact.reserveCapacity(facts.count)
        for fact in facts {
            if let number = numbers[fact.group] {
                groups[number].add(fact)
                groupOfFact.append(number)
            } else {
                numbers[fact.group] = groups.count
                groupOfFact.append(groups.count)
                groups.append(
                    Group(values: fact.group, total: fact.counters, previous: fact.previous, number: groups.count)
                )
            }
        }
        groups = order.ranked(groups, values: { $0.values }, totals: { $0.total })
        var rankOfGroup = [Int](repeating: 0, count: groups.count)
        for (rank, group) in groups.enumerated() { rankOfGroup[group.number] = rank }
        ranked = groups
        self.groupOfFact = groupOfFact
        self.rankOfGroup = rankOfGroup
    }

    /// The position in ``ranked`` of the group that the fact at `index` is of.
    func rank(ofFact index: Int) -> Int {
        rankOfGroup[groupOfFact[index]]
    }
}

extension UsageQuery.Order {
    /// `groups`, first in rank first; those with the same bytes in the order of their values.
    ///
    /// - Parameters:
    ///   - groups: What is ranked, each once.
    ///   - values: The values of a group.
    ///   - totals: Its sum over the whole range.
    public func ranked<Group>(
        _ groups: [Group],
        values: (Group) -> [String],
        totals: (Group) -> FlowCounters
    ) -> [Group] {
        groups.map { (key: key(totals($0)), group: $0) }
            .sorted { left, right in
                left.key == right.key
                    ? values(left.group).lexicographicallyPrecedes(values(right.group)) : left.key > right.key
            }
            .map(\.group)
    }

    /// What sorts groups, largest first; the same for all if only their values do.
    fileprivate func key(_ counters: FlowCounters) -> UInt128 {
        switch self {
        case .group: 0
        case .bytes: UInt128(counters.egressBytes) + UInt128(counters.ingressBytes)
        case .egressBytes: UInt128(counters.egressBytes)
        case .ingressBytes: UInt128(counters.ingressBytes)
        }
    }
}
