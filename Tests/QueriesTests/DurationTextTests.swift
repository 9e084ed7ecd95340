// SPDX-License-Identifier: Apache-2.0
import Queries
import TestSupport
import Testing

@Suite struct DurationTextTests {
    @Test(
        arguments: [
            ("1s", 1), ("90s", 90), ("5m", 300), ("2h", 7200), ("30d", 2_592_000), ("1w", 604_800), ("007m", 420),
            ("315576000000s", 315_576_000_000),
        ] as [(String, Int64)]
    )
    func accepted(text: String, seconds: Int64) {
        #expect(DurationText.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "h", "1", "0s", "-1h", "+1h", "1.5h", "1H", "1 h", "1hh", "1h30m", "1y", "٣h", "é", "315576000001s",
        "9223372036854775807w", "99999999999999999999s",
    ])
    func refused(text: String) {
        #expect(DurationText.seconds(text) == nil)
    }

    @Test func everyDurationComesBackFromItsText() {
        var random = SeededRandom()
        for _ in 0..<1000 {
            let factors: [Int64] = [1, 60, 3600, 86_400, 604_800]
            let factor = factors.randomElement(using: &random) ?? 1
            let seconds = Int64.random(in: 1...5000, using: &random) * factor
            #expect(DurationText.seconds(DurationText.text(seconds: seconds)) == seconds, "seed \(random.seed)")
        }
        #expect(DurationText.text(seconds: 5400) == "90m")
        #expect(DurationText.text(seconds: 61) == "61s")
    }
}
