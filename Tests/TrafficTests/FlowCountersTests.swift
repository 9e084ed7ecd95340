// SPDX-License-Identifier: Apache-2.0
import Testing
import Traffic

@Suite struct FlowCountersTests {
    @Test func addingAddsEachCounterToItsOwn() {
        var sum = FlowCounters(egressBytes: 1, ingressBytes: 20, egressPackets: 300, ingressPackets: 4_000)
        sum += FlowCounters(egressBytes: 5, ingressBytes: 60, egressPackets: 700, ingressPackets: 8_000)
        #expect(sum == FlowCounters(egressBytes: 6, ingressBytes: 80, egressPackets: 1_000, ingressPackets: 12_000))
    }

    @Test func zeroMeansAllFour() {
        #expect(FlowCounters.zero.isZero)
        #expect(!FlowCounters(egressBytes: 1).isZero)
        #expect(!FlowCounters(ingressBytes: 1).isZero)
        #expect(!FlowCounters(egressPackets: 1).isZero)
        #expect(!FlowCounters(ingressPackets: 1).isZero)
    }
}
