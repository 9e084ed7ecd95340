// SPDX-License-Identifier: Apache-2.0
import Queries
import Traffic

extension UsageFacts {
    /// Facts for `query` with each (bucket, group) at most once; few names and few sizes, so that ties are common.
    static func random(for query: UsageQuery, names: [String], using random: inout some RandomNumberGenerator) -> Self {
        var facts: [Fact] = []
        var seen: Set<[String]> = []
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            let bucket = query.step.map { query.start + $0 * Int64.random(in: 0...3, using: &random) } ?? query.start
            let group = query.groupBy.map { _ in names.randomElement(using: &random) ?? "" }
            guard seen.insert(["\(bucket)"] + group).inserted else { continue }
            facts.append(Fact(bucketStart: bucket, group: group, counters: .random(using: &random)))
        }
        let reasons = ["map_full", "map_full", "late", "no_owner"].shuffled(using: &random).prefix(2)
        return UsageFacts(
            resolution: query.resolution,
            facts: facts,
            losses: reasons.map { Loss(reason: $0, counters: .random(using: &random)) }
        )
    }
}

extension FlowCounters {
    static func random(using random: inout some RandomNumberGenerator) -> FlowCounters {
        func number() -> UInt64 {
            UInt64.random(in: 0...3, using: &random) << UInt64.random(in: 0...50, using: &random)
        }
        return FlowCounters(
            egressBytes: number(),
            ingressBytes: number(),
            egressPackets: number(),
            ingressPackets: number()
        )
    }
}

extension UsageQuery {
    /// A query over a few buckets with any order, limit and groups.
    static func random(using random: inout some RandomNumberGenerator) -> UsageQuery {
        UsageQuery(
            start: 1_785_585_600,
            end: 1_785_600_000,
            step: [nil, 3600].randomElement(using: &random) ?? nil,
            groupBy: Array(Dimension.allCases.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))),
            order: Order.allCases.randomElement(using: &random) ?? .bytes,
            limit: [nil, 1, 2, 5, 100].randomElement(using: &random) ?? nil
        )
    }
}
