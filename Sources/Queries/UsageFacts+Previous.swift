// SPDX-License-Identifier: Apache-2.0
import Traffic

extension UsageFacts {
    /// These facts of `query`, each with what `previous`, those of ``UsageQuery/previous``, have in its place.
    ///
    /// A group that only the period before has gets a fact without bytes.
    func compared(with previous: UsageFacts, by query: UsageQuery) -> UsageFacts {
        struct Cell: Hashable {
            var bucketStart: Int64
            var group: [String]
        }
        let places = query.placesOfPrevious
        var sums: [Cell: FlowCounters] = [:]
        for fact in previous.facts {
            let bucketStart = places[fact.bucketStart, default: query.start]
            sums[Cell(bucketStart: bucketStart, group: fact.group), default: .zero] += fact.counters
        }
        var compared = self
        for index in facts.indices {
            let cell = Cell(bucketStart: facts[index].bucketStart, group: facts[index].group)
            compared.facts[index].previous = sums.removeValue(forKey: cell) ?? .zero
        }
        for (cell, counters) in sums {
            compared.facts.append(
                Fact(bucketStart: cell.bucketStart, group: cell.group, counters: .zero, previous: counters)
            )
        }
        return compared
    }
}
