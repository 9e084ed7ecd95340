// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing
import Traffic

@testable import CLI

@Suite struct LiveViewTests {
    @Test func aTerminalIsRedrawnInPlace() {
        var view = LiveView(isTerminal: true)
        #expect(view.frame(["a", "b"]) == "a\nb\n")
        #expect(view.frame(["c"]) == "\u{1b}[2A\r\u{1b}[Jc\n")
        #expect(view.frame(["c"]) == "\u{1b}[1A\r\u{1b}[Jc\n")
    }

    @Test func elsewhereOnlyChangesAreWritten() {
        var view = LiveView(isTerminal: false)
        #expect(view.frame(["a", "b"]) == "a\nb\n")
        #expect(view.frame(["a", "b"]) == "")
        #expect(view.frame(["a", "c"]) == "a\nc\n")
    }

    @Test func theTableAsksForWhatFits() {
        let talkers = TopTalkers(by: "pod", start: "-10m", rows: 20, units: .decimal)
        #expect(ClassifierClient.query(talkers.parameters(screen: nil)).hasSuffix("group_by=pod&order=bytes&limit=20"))
        #expect(talkers.parameters(screen: (rows: 50, columns: 80)).last?.value == "20")
        #expect(talkers.parameters(screen: (rows: 24, columns: 80)).last?.value == "17")
        #expect(talkers.parameters(screen: (rows: 3, columns: 80)).last?.value == "1")
    }

    @Test func theTableFitsTheTerminal() {
        let facts = (0..<40)
            .map { number in
                UsageFacts.Fact(
                    bucketStart: 0,
                    group: ["a-namespace-with-a-long-name", "pod-\(number)-with-a-long-name", "internet"],
                    counters: FlowCounters(egressBytes: UInt64(number) << 30)
                )
            }
        let losses = (0..<30).map { Loss(reason: "reason_\($0)", counters: FlowCounters(egressBytes: 1)) }
        let talkers = TopTalkers(by: "namespace,pod,scope", start: "-10m", rows: 20, units: .decimal)
        for (rows, columns) in [(24, 80), (10, 40), (50, 200), (2, 10), (1, 1)] {
            let limit = Int(talkers.parameters(screen: (rows, columns)).last?.value ?? "")
            let query = UsageQuery(start: 0, end: 60, groupBy: [.namespace, .pod, .scope], limit: limit)
            let answer = UsageAnswer(query, UsageFacts(resolution: .minute, facts: facts, losses: losses))
            let lines = talkers.lines(answer, screen: (rows, columns))
            #expect(lines.count <= max(1, rows - 1))
            #expect(lines.allSatisfy { $0.count <= columns })
            if rows >= 10 { #expect(lines.contains { $0.hasPrefix("TOTAL") }) }
        }
    }
}
