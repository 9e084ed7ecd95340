// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing
import Traffic

@Suite struct UsageAnswerTests {
    /// Checks an answer against sums and sorts that are done the slow way, from the definitions.
    @Test func answersAgreeWithTheirDefinition() {
        var random = SeededRandom()
        for _ in 0..<2000 {
            let query = UsageQuery.random(using: &random)
            let facts = UsageFacts.random(for: query, names: ["", "a", "b", "ab", "é"], using: &random)
            let answer = UsageAnswer(query, facts)
            let comment = Comment(rawValue: "\(query) seed \(random.seed)")

            let groups = Set(facts.facts.map(\.group))
            func total(_ group: [String]) -> FlowCounters {
                facts.facts.filter { $0.group == group }.reduce(into: .zero) { $0 += $1.counters }
            }
            func key(_ group: [String]) -> UInt64 {
                switch query.order {
                case .group: 0
                case .bytes: total(group).egressBytes + total(group).ingressBytes
                case .egressBytes: total(group).egressBytes
                case .ingressBytes: total(group).ingressBytes
                }
            }
            let ranked = groups.sorted { left, right in
                key(left) == key(right) ? left.lexicographicallyPrecedes(right) : key(left) > key(right)
            }
            let named = Array(ranked.prefix(query.limit ?? ranked.count))
            let others = Set(ranked.dropFirst(named.count))
            let buckets = Set(facts.facts.map(\.bucketStart)).sorted()

            let rows = buckets.flatMap { bucket in
                named.compactMap { group in
                    facts.facts.first { $0.bucketStart == bucket && $0.group == group }
                }
            }
            #expect(answer.rows == rows, comment)
            if others.isEmpty {
                #expect(answer.other == nil, comment)
            } else {
                let expected = buckets.compactMap { bucket -> UsageFacts.Fact? in
                    let facts = facts.facts.filter { $0.bucketStart == bucket && others.contains($0.group) }
                    if facts.isEmpty { return nil }
                    let sum = facts.reduce(into: FlowCounters.zero) { $0 += $1.counters }
                    return UsageFacts.Fact(bucketStart: bucket, group: [], counters: sum)
                }
                #expect(answer.other == UsageAnswer.Other(groups: others.count, buckets: expected), comment)
            }

            // What the reader is shown adds up to everything that was found.
            var shown = answer.other?.total ?? .zero
            for row in answer.rows { shown += row.counters }
            var found = FlowCounters.zero
            for fact in facts.facts { found += fact.counters }
            #expect(shown == found, comment)
            #expect(answer.total == found, comment)

            #expect(answer.lost.map(\.reason) == Set(facts.losses.map(\.reason)).sorted(), comment)
            var lost = FlowCounters.zero
            for loss in answer.lost { lost += loss.counters }
            var lostFound = FlowCounters.zero
            for loss in facts.losses { lostFound += loss.counters }
            #expect(lost == lostFound, comment)
            #expect(answer == UsageAnswer(query, facts.shuffled(using: &random)), comment)
        }
    }

    @Test func bytesOrderDoesNotOverflow() {
        let query = UsageQuery(start: 0, end: 60, groupBy: [.pod])
        let facts = UsageFacts(
            resolution: .minute,
            facts: [
                UsageFacts.Fact(bucketStart: 0, group: ["small"], counters: FlowCounters(egressBytes: .max - 9)),
                UsageFacts.Fact(
                    bucketStart: 0,
                    group: ["large"],
                    counters: FlowCounters(egressBytes: 9, ingressBytes: .max)
                ),
            ]
        )
        #expect(UsageAnswer(query, facts).rows.map(\.group) == [["large"], ["small"]])
    }

    @Test func nothingFoundIsAnAnswer() {
        let query = UsageQuery(start: 0, end: 60, groupBy: [.pod], limit: 3)
        let answer = UsageAnswer(query, UsageFacts(resolution: .minute, facts: []))
        #expect(answer.rows.isEmpty)
        #expect(answer.other == nil)
        #expect(answer.total.isZero)
    }
}

extension UsageFacts {
    fileprivate func shuffled(using random: inout some RandomNumberGenerator) -> UsageFacts {
        UsageFacts(
            resolution: resolution,
            facts: facts.shuffled(using: &random),
            losses: losses.shuffled(using: &random)
        )
    }
}
