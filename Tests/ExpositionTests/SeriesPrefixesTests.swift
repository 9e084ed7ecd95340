// SPDX-License-Identifier: Apache-2.0
import Exposition
import TestSupport
import Testing

@Suite struct SeriesPrefixesTests {
    private static let hostile = ["", "plain", "with \"quotes\"", "back\\slash", "line\nbreak", "é\u{0}\u{1f600}"]

    /// Sizes around the number of series that are written at a time, which is 512.
    @Test(arguments: [0, 1, 2, 511, 512, 513, 1500])
    func seriesAreWrittenAsSamplesAre(count: Int) {
        var random = SeededRandom()
        var prefixes = SeriesPrefixes(names: ["namespace", "pod_name"])
        var labels: [[MetricLabel]] = []
        var values: [UInt64?] = []
        for index in 0..<count {
            let pair = [Self.hostile.randomElement(using: &random) ?? "", "pod-\(index)"]
            prefixes.append(pair)
            labels.append([MetricLabel("namespace", pair[0]), MetricLabel("pod_name", pair[1])])
            let shift = UInt64.random(in: 0..<64, using: &random)
            values.append(Bool.random(using: &random) ? nil : UInt64.random(in: 0 ... .max >> shift, using: &random))
        }
        #expect(prefixes.count == count)

        var fast = MetricsText()
        fast.family("bytes_total", help: "Bytes.", kind: .counter, series: prefixes) { values[$0] }
        var plain = MetricsText()
        plain.family("bytes_total", help: "Bytes.", kind: .counter) { samples in
            for (label, value) in zip(labels, values) {
                if let value { samples.sample(label, value) }
            }
        }
        #expect(fast.bytes == plain.bytes, "seed \(random.seed)")
    }

    @Test func everyLengthOfNumberIsPrintedWhole() {
        var numbers: [UInt64] = [0, .max]
        var power: UInt64 = 1
        for _ in 0..<20 {
            numbers += [power - 1, power, power &+ 1]
            power = power &* 10
        }
        var prefixes = SeriesPrefixes(names: ["i"])
        for index in numbers.indices { prefixes.append(["\(index)"]) }
        var text = MetricsText(reserving: 10)
        text.family("x_total", help: "", kind: .counter, series: prefixes) { numbers[$0] }
        let lines = String(decoding: text.bytes, as: UTF8.self).split(separator: "\n").dropFirst(2)
        #expect(lines.map(String.init) == numbers.enumerated().map { "x_total{i=\"\($0)\"} \($1)" })
    }

    @Test func familiesShareTheSeries() {
        var prefixes = SeriesPrefixes(names: ["n"])
        prefixes.append(["a"])
        var text = MetricsText()
        text.family("egress_total", help: "E.", kind: .counter, series: prefixes) { _ in 1 }
        text.family("ingress_total", help: "I.", kind: .counter, series: prefixes) { _ in nil }
        prefixes.append(["b"])
        #expect(
            String(decoding: text.bytes, as: UTF8.self) == """
                # HELP egress_total E.
                # TYPE egress_total counter
                egress_total{n="a"} 1
                # HELP ingress_total I.
                # TYPE ingress_total counter

                """
        )
    }
}
