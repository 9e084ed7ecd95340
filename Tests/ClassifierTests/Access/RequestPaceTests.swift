// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Testing

@testable import Classifier

@Suite struct RequestPaceTests {
    private func at(_ seconds: Int64) -> NIODeadline {
        .uptimeNanoseconds(UInt64(seconds) * 1_000_000_000)
    }

    private func pace() -> RequestPace {
        RequestPace(limits: .init(), at: at(1000))
    }

    @Test func aConnectionMustSpeakSoon() {
        var pace = pace()
        #expect(pace.deadline == at(1010))
        // Single bytes do not buy time.
        for second in 1001...1009 { pace.received(at: at(Int64(second))) }
        #expect(pace.deadline == at(1010))
    }

    @Test func aBodyHasATimeHoweverItComes() {
        var pace = pace()
        pace.receivedHeader(at: at(1001))
        #expect(pace.deadline == at(1061))
        for _ in 0..<10 {
            let isBounded = pace.receivedBody(1)
            #expect(isBounded)
        }
        #expect(pace.deadline == at(1061))
    }

    @Test func whileTheClassifierAnswersNobodyWaitsForTheClient() {
        var pace = pace()
        pace.receivedHeader(at: at(1001))
        pace.receivedEnd(at: at(1002))
        #expect(pace.deadline == nil)
        pace.answered(at: at(1500))
        #expect(pace.deadline == at(1590))
        pace.received(at: at(1580))
        #expect(pace.deadline == at(1590))
    }

    @Test func theRestOfARefusedBodyIsBounded() {
        var pace = pace()
        pace.receivedHeader(at: at(1001))
        let first = pace.receivedBody(1 << 30)
        #expect(first)
        pace.answered(at: at(1002))
        #expect(pace.deadline == at(1012))
        let (rest, tooMuch) = (pace.receivedBody(64 << 20), pace.receivedBody(1))
        #expect(rest && !tooMuch)
        pace.receivedEnd(at: at(1003))
        #expect(pace.deadline == at(1093))
    }

    @Test func anAnswerMustBeTaken() {
        var pace = pace()
        pace.receivedHeader(at: at(1001))
        pace.receivedEnd(at: at(1001))
        pace.canWrite(false, at: at(1005))
        pace.canWrite(false, at: at(1050))
        #expect(pace.deadline == at(1065))
        pace.canWrite(true, at: at(1060))
        #expect(pace.deadline == nil)
    }

    @Test func aRequestBehindAnotherWaitsForTheClassifier() {
        var pace = pace()
        pace.receivedHeader(at: at(1001))
        pace.receivedEnd(at: at(1001))
        pace.receivedHeader(at: at(1002))
        #expect(pace.deadline == nil)
        pace.answered(at: at(1300))
        // Its body was not read before, so its time begins now.
        #expect(pace.deadline == at(1360))
    }
}
