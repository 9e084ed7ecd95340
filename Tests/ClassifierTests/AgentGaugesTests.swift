// SPDX-License-Identifier: Apache-2.0
import Testing
import Traffic

@testable import Classifier

@Suite struct AgentGaugesTests {
    private let gauges = AgentGauges()
    private let flows = MapUse(name: "flows", entries: 10, capacity: 100)

    private func samples(_ second: Int64 = 0) -> [AgentGauges.Sample] {
        gauges.samples(now: second * 1_000_000_000)
    }

    private func record(_ batch: FlowBatch, at second: Int64 = 0) {
        gauges.record(batch, now: second * 1_000_000_000)
    }

    @Test func theNewestBatchCountsAndTheFirstIntervalIsTheStartup() {
        record(.test(sequence: 1, start: 1000, maps: [flows]))
        record(.test(sequence: 3, start: 1010, maps: [MapUse(name: "flows", entries: 30, capacity: 100)]))
        record(.test(sequence: 2, start: 1005, maps: [MapUse(name: "flows", entries: 20, capacity: 100)]))
        #expect(samples().map(\.use.entries) == [30])
        #expect(samples().map(\.startupTime) == [1000])
    }

    @Test func aNewBootReplacesTheOld() {
        record(.test(bootID: 1, sequence: 9, start: 1000, maps: [flows]))
        record(.test(bootID: 2, sequence: 1, start: 2000, maps: [flows]))
        #expect(samples().map(\.startupTime) == [2000])
    }

    @Test func aSilentAgentLeaves() {
        record(.test(maps: [flows]), at: 100)
        #expect(samples(100 + 15 * 60).count == 1)
        #expect(samples(101 + 15 * 60).isEmpty)
        record(.test(sequence: 2, maps: [flows]), at: 2000)
        #expect(samples(2000).count == 1)
    }

    @Test func aLabelSetAppearsOnce() {
        let fuller = MapUse(name: "flows", entries: 11, capacity: 100)
        let losses = MapUse(name: "losses", entries: 1, capacity: 8)
        record(.test(node: "b", maps: [losses, flows, fuller]))
        var other = FlowBatch.test(node: "b", maps: [flows])
        other.source.cluster = "second"
        record(other)
        record(.test(node: "a", maps: [flows]))
        #expect(samples().map(\.node) == ["a", "b", "b"])
        #expect(samples().map(\.use) == [flows, fuller, losses])
    }
}
