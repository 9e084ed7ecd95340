// SPDX-License-Identifier: Apache-2.0
import Foundation
import Queries
import TestSupport
import Testing
import Traffic

@Suite struct AnswerJSONTests {
    @Test func anAnswer() {
        let counters = #""egress_bytes":3000000000,"ingress_bytes":0,"egress_packets":1,"ingress_packets":0"#
        #expect(
            String(decoding: UsageAnswer.sample(step: nil).json(), as: UTF8.self)
                == #"{"start":"2026-08-01T12:00:00Z","end":"2026-08-01T15:00:00Z","step":null,"tz":"UTC","#
                + #""resolution":"hour","read":[],"complete":true,"pruned":[],"#
                + #""group_by":["namespace","scope"],"rows":["#
                + #"{"namespace":"shop","scope":"internet","egress_bytes":1500000,"ingress_bytes":2000,"#
                + #""egress_packets":1200,"ingress_packets":20},"#
                + #"{"namespace":"-.slice","scope":"",\#(counters)}],"#
                + #""other":{"groups":14,"egress_bytes":70,"ingress_bytes":7,"egress_packets":8,"ingress_packets":9},"#
                + #""total":{"egress_bytes":3001500070,"ingress_bytes":2007,"egress_packets":1209,"ingress_packets":29},"#
                + #""unattributed":{"egress_bytes":0,"ingress_bytes":0,"egress_packets":0,"ingress_packets":0},"#
                + #""lost":[{"reason":"late","egress_bytes":0,"ingress_bytes":0,"egress_packets":0,"#
                + #""ingress_packets":0},{"reason":"map_full","egress_bytes":999,"ingress_bytes":0,"#
                + #""egress_packets":0,"ingress_packets":3}]}"#
        )
    }

    @Test func aSteppedAnswerSaysWhenInRowsAndOthers() {
        let text = String(decoding: UsageAnswer.sample(step: 3600).json(), as: UTF8.self)
        #expect(text.contains(#""step":3600,"#))
        #expect(text.contains(#"[{"start":"2026-08-01T12:00:00Z","namespace":"shop","#))
        #expect(
            text.contains(
                #""other":{"groups":14,"egress_bytes":70,"ingress_bytes":7,"egress_packets":8,"ingress_packets":9,"#
                    + #""rows":[{"start":"2026-08-01T12:00:00Z","egress_bytes":60,"#
            )
        )
    }

    @Test func everyAnswerIsValidAndKeepsItsStrings() throws {
        var random = SeededRandom()
        for _ in 0..<300 {
            let query = UsageQuery.random(using: &random)
            let answer = UsageAnswer(query, .random(for: query, names: AnswerCSVTests.hostile, using: &random))
            let parsed = try JSONSerialization.jsonObject(with: Data(answer.json()))
            let object = try #require(parsed as? [String: Any], "seed \(random.seed)")
            let rows = try #require(object["rows"] as? [[String: Any]], "seed \(random.seed)")
            #expect(rows.count == answer.rows.count, "seed \(random.seed)")
            for (row, fact) in zip(rows, answer.rows) {
                #expect(answer.groupBy.map { row[$0.rawValue] as? String } == fact.group, "seed \(random.seed)")
                #expect((row["start"] != nil) == (answer.step != nil), "seed \(random.seed)")
                #expect((row["egress_bytes"] as? NSNumber)?.uint64Value == fact.counters.egressBytes)
            }
            #expect((object["other"] != nil) == (answer.other != nil), "seed \(random.seed)")
        }
    }
}
