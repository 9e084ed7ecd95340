// SPDX-License-Identifier: Apache-2.0
import Instruments
import Testing

@testable import KernelBenchmark

/// What the figures are made of.
struct FigureTests {
    @Test(arguments: [([3.0, 1, 2], 2.0), ([4, 1, 3, 2], 2.5), ([7], 7)])
    func theMedianIsInTheMiddle(samples: [Double], median: Double) {
        #expect(samples.median == median)
    }

    @Test func noSampleHasNoMedian() {
        #expect([Double]().median.isNaN)
        #expect([Double]().range == 0...0)
    }

    @Test func aRunCostsWhatWasAddedByRunsThatWereAdded() {
        let before = RunCost(runs: 10, nanoseconds: 5_000)
        let after = RunCost(runs: 30, nanoseconds: 6_000) + RunCost(runs: 5, nanoseconds: 100)
        #expect((after - before) == RunCost(runs: 25, nanoseconds: 1_100))
        #expect((after - before).each == 44)
        #expect(RunCost().each.isNaN, "no run costs nothing that could be told")
    }

    @Test func aTableHasColumns() {
        let text = Table([["what", "ns"], ["a", "1,000"]]).description
        #expect(text == "| what | ns    |\n|------|-------|\n| a    | 1,000 |")
    }

    @Test func optionsChooseWhatIsMeasured() throws {
        let options = try KernelOptions(["--only", "packets,drain", "--traffic", "udp-connected", "--rounds", "5"])
        #expect(options.parts == [.packets, .drain])
        #expect(options.traffic == [.udpConnected])
        #expect(options.rounds == 5)
        #expect(try KernelOptions([]).parts == KernelOptions.Part.allCases)
        #expect(try KernelOptions(["--quick"]).rounds < KernelOptions([]).rounds)
    }

    @Test(arguments: [["--only", "cost"], ["--traffic"], ["--rounds", "0"], ["--fast"]])
    func optionsThatMakeNoSenseAreRefused(arguments: [String]) {
        #expect(throws: BenchmarkError.self) { try KernelOptions(arguments) }
    }
}
