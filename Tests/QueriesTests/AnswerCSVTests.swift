// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing
import Traffic

@Suite struct AnswerCSVTests {
    /// What tempts a spreadsheet, a CSV reader or a terminal.
    static let hostile = [
        "", "plain", "-.slice", "=1+1", "+1", "@SUM(A1)", "\tx", "\rx", "\nx", "a,b", "a\"b", "\"", "'", "a\r\nb", "é,",
        "=\"a\",b", "(other)",
    ]

    @Test func theRowsOfAnAnswer() {
        #expect(
            String(decoding: UsageAnswer.sample(step: nil).csv(), as: UTF8.self) == """
                namespace,scope,egress_bytes,ingress_bytes,egress_packets,ingress_packets\r
                shop,internet,1500000,2000,1200,20\r
                '-.slice,,3000000000,0,1,0\r
                (other),(other),70,7,8,9\r

                """
        )
    }

    @Test func theRowsOfASteppedAnswer() {
        #expect(
            String(decoding: UsageAnswer.sample(step: 3600).csv(), as: UTF8.self) == """
                start,namespace,scope,egress_bytes,ingress_bytes,egress_packets,ingress_packets\r
                2026-08-01T12:00:00Z,shop,internet,1500000,2000,1200,20\r
                2026-08-01T12:00:00Z,(other),(other),60,6,7,8\r
                2026-08-01T13:00:00Z,'-.slice,,3000000000,0,1,0\r
                2026-08-01T14:00:00Z,(other),(other),10,1,1,1\r

                """
        )
    }

    @Test func everyCellComesBackThroughAnRFC4180Reader() throws {
        var random = SeededRandom()
        for _ in 0..<300 {
            let query = UsageQuery.random(using: &random)
            let answer = UsageAnswer(query, .random(for: query, names: Self.hostile, using: &random))
            let records = try CSVReader.records(answer.csv())
            #expect(records.first == answer.csvHeader, "seed \(random.seed)")

            func cells(_ fact: UsageFacts.Fact, _ group: [String]) -> [String] {
                let counters = fact.counters
                return (answer.step == nil ? [] : [UTCTime(secondsSinceEpoch: fact.bucketStart).description])
                    + group.map { value in
                        ["=", "+", "-", "@", "\t", "\r"].contains(value.unicodeScalars.first) ? "'" + value : value
                    }
                    + [counters.egressBytes, counters.ingressBytes, counters.egressPackets, counters.ingressPackets]
                    .map { String($0) }
            }
            let expected =
                answer.rows.map { cells($0, $0.group) }
                + (answer.other?.buckets ?? []).map { cells($0, answer.groupBy.map { _ in "(other)" }) }
            #expect(records.dropFirst().sorted(by: <) == expected.sorted(by: <), "seed \(random.seed)")
            if answer.step != nil {
                #expect(records.dropFirst().map { $0[0] }.isSorted, "seed \(random.seed)")
            }

            let sums = records.dropFirst()
                .reduce(into: FlowCounters.zero) { sum, record in
                    let numbers = record.suffix(4).map { UInt64($0) ?? .max }
                    sum += FlowCounters(
                        egressBytes: numbers[0],
                        ingressBytes: numbers[1],
                        egressPackets: numbers[2],
                        ingressPackets: numbers[3]
                    )
                }
            #expect(sums == answer.total, "seed \(random.seed)")
        }
    }

    @Test func anEmptyAnswerIsItsHeader() {
        let answer = UsageAnswer(UsageQuery(start: 0, end: 60), UsageFacts(resolution: .minute, facts: []))
        #expect(
            answer.csv() == Array("egress_bytes,ingress_bytes,egress_packets,ingress_packets\r\n".utf8)
        )
    }

    @Test func piecesAddUpToTheWhole() {
        let query = UsageQuery(start: 0, end: 60, groupBy: [.pod], order: .group)
        let facts = (0..<5000)
            .map { number in
                UsageFacts.Fact(bucketStart: 0, group: ["pod-\(number)"], counters: FlowCounters(egressBytes: 1))
            }
        let answer = UsageAnswer(query, UsageFacts(resolution: .minute, facts: facts))
        for (format, whole) in [(AnswerFormat.csv, answer.csv()), (.json, answer.json())] {
            let pieces = Array(answer.chunks(as: format))
            #expect(pieces.count > 1)
            #expect(pieces.allSatisfy { !$0.isEmpty && $0.count < 66_000 })
            #expect(Array(pieces.joined()) == whole)
        }
        #expect(Array(answer.chunks(as: .table)) == [Array(answer.table().utf8)])
    }
}

extension [String] {
    fileprivate var isSorted: Bool {
        zip(self, dropFirst()).allSatisfy { $0 <= $1 }
    }

    fileprivate static func < (left: [String], right: [String]) -> Bool {
        left.lexicographicallyPrecedes(right)
    }
}

extension UsageAnswer {
    /// An answer with everything an answer can have.
    static func sample(step: Int64?) -> UsageAnswer {
        let start: Int64 = 1_785_585_600
        let others = [
            UsageFacts.Fact(
                bucketStart: start,
                group: [],
                counters: FlowCounters(egressBytes: 60, ingressBytes: 6, egressPackets: 7, ingressPackets: 8)
            ),
            UsageFacts.Fact(
                bucketStart: start + 7200,
                group: [],
                counters: FlowCounters(egressBytes: 10, ingressBytes: 1, egressPackets: 1, ingressPackets: 1)
            ),
        ]
        var summed = others[0]
        summed.counters += others[1].counters
        return UsageAnswer(
            start: start,
            end: start + 10_800,
            step: step,
            resolution: .hour,
            groupBy: [.namespace, .scope],
            rows: [
                UsageFacts.Fact(
                    bucketStart: start,
                    group: ["shop", "internet"],
                    counters: FlowCounters(
                        egressBytes: 1_500_000,
                        ingressBytes: 2000,
                        egressPackets: 1200,
                        ingressPackets: 20
                    )
                ),
                UsageFacts.Fact(
                    bucketStart: step == nil ? start : start + 3600,
                    group: ["-.slice", ""],
                    counters: FlowCounters(egressBytes: 3_000_000_000, egressPackets: 1)
                ),
            ],
            other: UsageAnswer.Other(groups: 14, buckets: step == nil ? [summed] : others),
            total: FlowCounters(
                egressBytes: 3_001_500_070,
                ingressBytes: 2007,
                egressPackets: 1209,
                ingressPackets: 29
            ),
            lost: [
                Loss(reason: "late", counters: .zero),
                Loss(reason: "map_full", counters: FlowCounters(egressBytes: 999, ingressPackets: 3)),
            ]
        )
    }
}
