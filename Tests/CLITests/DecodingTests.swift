// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing
import Traffic

@testable import CLI

@Suite struct DecodingTests {
    @Test func everyAnswerComesBackFromItsJSON() throws {
        var random = SeededRandom()
        for _ in 0..<500 {
            let query = UsageQuery(
                start: 1_785_585_600,
                end: 1_785_600_000,
                step: Bool.random(using: &random) ? 3600 : nil,
                groupBy: Array(
                    Dimension.allCases.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
                ),
                limit: Bool.random(using: &random) ? 2 : nil
            )
            var seen: Set<[String]> = []
            let facts = (0..<Int.random(in: 0...20, using: &random))
                .compactMap { _ -> UsageFacts.Fact? in
                    let bucket = query.start + (query.step ?? 0) * Int64.random(in: 0...3, using: &random)
                    let group = query.groupBy.map { _ in
                        ["", "a", "\"\\\n\u{0}é", "start"].randomElement(using: &random) ?? ""
                    }
                    guard seen.insert(["\(bucket)"] + group).inserted else { return nil }
                    return UsageFacts.Fact(bucketStart: bucket, group: group, counters: .random(using: &random))
                }
            let losses = [Loss(reason: "map_full", counters: .random(using: &random))]
            var answer = UsageAnswer(query, UsageFacts(resolution: .hour, facts: facts, losses: losses))
            if Bool.random(using: &random) {
                answer.nodes = [
                    NodeGap(cluster: "c", node: "a", silentSince: query.start + 60),
                    NodeGap(cluster: "", node: "b\n", lost: losses),
                ]
            }
            #expect(try UsageAnswer(json: answer.json()) == answer, "seed \(random.seed)")
        }
    }

    @Test func aReportComesBackFromItsJSON() throws {
        let report = StatusReport(
            version: "1",
            uptimeSeconds: 2,
            ledger: StatusReport.LedgerFile(path: "/p", bytes: .max, schemaVersion: 3, series: 4),
            totals: FlowCounters(egressBytes: .max, ingressBytes: 1, egressPackets: 2, ingressPackets: 3),
            batches: StatusReport.Batches(applied: 5, duplicate: 6, refused: 7),
            nodes: [
                StatusReport.Node(
                    cluster: "c",
                    node: "n",
                    bootID: "b",
                    sequence: .max,
                    lastIntervalEnd: 1_785_585_600,
                    batches: 8,
                    lagSeconds: -9
                )
            ],
            lost: [
                StatusReport.NodeLoss(
                    cluster: "c",
                    node: "n",
                    loss: Loss(reason: "r", counters: FlowCounters(ingressPackets: 10))
                )
            ],
            accounts: [
                StatusReport.Account(
                    cluster: "c",
                    node: "n",
                    seen: FlowCounters(egressBytes: 1),
                    booked: FlowCounters(ingressBytes: 2),
                    waiting: FlowCounters(egressPackets: 3),
                    lost: FlowCounters(ingressPackets: 4),
                    clockSkewMilliseconds: -5,
                    reclockedBatches: 6
                )
            ],
            configuration: StatusReport.Configuration(loadedAt: 1_785_585_000, error: "a.yaml:3: no"),
            rules: [
                StatusReport.RuleBytes(rule: "default", counters: FlowCounters(egressBytes: 2000, ingressBytes: 3))
            ],
            feeds: [
                StatusReport.Feed(feed: "aws", url: "https://x", answeredAt: 1_785_585_000),
                StatusReport.Feed(feed: "gcp", url: "https://y", answeredAt: nil, error: "no"),
            ],
            inventory: InventoryReport(
                cluster: "blue",
                isSynced: true,
                residentBytes: 4096,
                collections: [
                    InventoryReport.Collection(
                        name: "pods",
                        phase: "waiting",
                        isSynced: true,
                        objects: 7,
                        lastProgress: 1_785_585_000,
                        error: "connection refused"
                    ),
                    InventoryReport.Collection(
                        name: "nodes",
                        phase: "watching",
                        isSynced: false,
                        objects: 2,
                        lastProgress: nil,
                        error: nil
                    ),
                ],
                unattributed: FlowCounters(egressBytes: 5, ingressBytes: 6),
                reattributed: FlowCounters(egressBytes: 7),
                findings: [
                    InventoryReport.Finding(
                        problem: "nodes_without_zone",
                        detail: "Label them.",
                        count: 1,
                        examples: ["n1"],
                        bytes: 2000
                    )
                ]
            )
        )
        #expect(try StatusReport(json: report.json()) == report)
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "<html>", #"{"start":"x"}"#,
        #"{"start":"2026-08-01","end":"2026-08-02","resolution":"week","group_by":[],"rows":[],"total":0,"lost":[]}"#,
    ])
    func whatIsNoAnswerIsRefused(text: String) {
        #expect(throws: (any Error).self) { _ = try UsageAnswer(json: Array(text.utf8)) }
        #expect(throws: (any Error).self) { _ = try StatusReport(json: Array(text.utf8)) }
    }

    /// Cuts and overwrites a good answer anywhere: it is refused or read, but nothing stops the program.
    @Test func damagedAnswersDoNotTrap() {
        var random = SeededRandom()
        let query = UsageQuery(start: 0, end: 60, groupBy: [.pod], limit: 1)
        let facts = ["a", "b"]
            .map {
                UsageFacts.Fact(bucketStart: 0, group: [$0], counters: FlowCounters(egressBytes: .max / 4))
            }
        let good = UsageAnswer(query, UsageFacts(resolution: .minute, facts: facts)).json()
        var refused = 0
        for _ in 0..<3000 {
            var bytes = good
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &random)
            case 1: bytes.removeSubrange(index...)
            default: bytes.remove(at: index)
            }
            do {
                _ = try UsageAnswer(json: bytes).table()
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1000, "seed \(random.seed)")
    }
}

extension FlowCounters {
    fileprivate static func random(using random: inout some RandomNumberGenerator) -> FlowCounters {
        func number() -> UInt64 { UInt64.random(in: 0 ... .max >> 10, using: &random) }
        return FlowCounters(
            egressBytes: number(),
            ingressBytes: number(),
            egressPackets: number(),
            ingressPackets: number()
        )
    }
}
