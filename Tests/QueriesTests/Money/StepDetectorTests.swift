// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing
import Traffic

@testable import Queries

@Suite struct StepDetectorTests {
    private let detector = StepDetector()
    private static let gigabyte: UInt64 = 1_000_000_000

    @Test func aRateThatStaysIsAStepAndOneBusyHourIsNone() {
        let quiet = Array(repeating: Self.gigabyte, count: StepDetector.baseline)
        let up = detector.step(in: quiet + [11, 11, 11].map { $0 * Self.gigabyte })
        #expect(up?.before == Self.gigabyte && up?.after == 11 * Self.gigabyte)
        let down = detector.step(in: quiet + [0, 0, 0])
        #expect(down?.after == 0)
        #expect(detector.step(in: quiet + [1, 11, 1].map { $0 * Self.gigabyte }) == nil)
        #expect(detector.step(in: quiet + [1, 1, 1].map { $0 * Self.gigabyte }) == nil)
        #expect(detector.step(in: Array(repeating: 10, count: 72) + [900, 900, 900]) == nil)
        #expect(detector.step(in: [1]) == nil)
    }

    @Test func theRhythmOfTheDayIsNoise() {
        var random = SeededRandom()
        for _ in 0..<200 {
            let hours = (0..<(StepDetector.baseline + StepDetector.recent))
                .map { _ in UInt64.random(in: Self.gigabyte...3 * Self.gigabyte, using: &random) }
            #expect(detector.step(in: hours) == nil, "seed \(random.seed)")
        }
    }

    @Test func aYoungLedgerHasNoSteps() {
        let query = StepDetector.query(now: 1_772_618_400 + 59, groupBy: [.namespace])
        #expect(query.end == 1_772_618_400)
        func facts(from start: Int64) -> UsageFacts {
            UsageFacts(
                resolution: .hour,
                facts: stride(from: start, to: query.end, by: 3600)
                    .map { hour in
                        let bytes = hour >= query.end - 3 * 3600 ? 11 * Self.gigabyte : Self.gigabyte
                        return .init(bucketStart: hour, group: ["shop"], counters: FlowCounters(egressBytes: bytes))
                    }
            )
        }
        #expect(detector.steps(query, facts(from: query.start + 3600)).isEmpty)
        #expect(
            detector.steps(query, facts(from: query.start))
                == [.init(group: ["shop"], before: Self.gigabyte, after: 11 * Self.gigabyte)]
        )
    }
}
