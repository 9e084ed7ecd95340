// SPDX-License-Identifier: Apache-2.0
import Exposition
import TestSupport
import Testing

@Suite struct MetricsTextTests {
    private func text(_ write: (inout MetricsText) -> Void) -> String {
        var text = MetricsText()
        write(&text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    @Test func familiesComeOutInTheOrderOfTheCallsWithHelpAndTypeOnce() {
        let text = text { metrics in
            metrics.family("up_total", help: "Starts.", kind: .counter, value: 3)
            metrics.family("http_requests_total", help: "Requests by handler.", kind: .counter) { samples in
                samples.sample([MetricLabel("handler", "/metrics"), MetricLabel("code", "200")], 12)
                samples.sample([MetricLabel("handler", "/api"), MetricLabel("code", "400")], UInt64.max)
            }
            metrics.family("a_ratio", help: "A ratio.", kind: .gauge) { samples in
                samples.sample([], 0.25)
            }
        }
        #expect(
            text == """
                # HELP up_total Starts.
                # TYPE up_total counter
                up_total 3
                # HELP http_requests_total Requests by handler.
                # TYPE http_requests_total counter
                http_requests_total{handler="/metrics",code="200"} 12
                http_requests_total{handler="/api",code="400"} 18446744073709551615
                # HELP a_ratio A ratio.
                # TYPE a_ratio gauge
                a_ratio 0.25

                """
        )
    }

    @Test func labelValuesAndHelpAreEscaped() {
        let text = text { metrics in
            metrics.family("x", help: "A \\ and\na \"quote\".", kind: .gauge) { samples in
                samples.sample([MetricLabel("l", "a\\b\"c\nd\r{}é")], 1)
            }
        }
        #expect(
            text == #"# HELP x A \\ and\na "quote"."# + "\n# TYPE x gauge\n" + #"x{l="a\\b\"c\nd"# + "\r" + #"{}é"} 1"#
                + "\n"
        )
    }

    @Test(arguments: [
        (0.0, "0.0"), (-1.5, "-1.5"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"), (1e-7, "1e-07"),
        (1e22, "1e+22"),
    ])
    func doublesAreWrittenAsPrometheusReadsThem(value: Double, expected: String) {
        let text = text { metrics in
            metrics.family("x", help: "", kind: .gauge) { $0.sample([], value) }
        }
        #expect(text.split(separator: "\n").last == "x \(expected)")
    }

    @Test func aHistogramIsCumulative() {
        var histogram = Histogram(bounds: [0.1, 1])
        for value in [0.05, 0.1, 0.5, 4] { histogram.observe(value) }
        let text = text { metrics in
            metrics.family("commit_seconds", help: "Commits.", kind: .histogram) { samples in
                samples.histogram([MetricLabel("kind", "a")], histogram)
            }
        }
        #expect(
            text == """
                # HELP commit_seconds Commits.
                # TYPE commit_seconds histogram
                commit_seconds_bucket{kind="a",le="0.1"} 2
                commit_seconds_bucket{kind="a",le="1.0"} 3
                commit_seconds_bucket{kind="a",le="+Inf"} 4
                commit_seconds_sum{kind="a"} 4.65
                commit_seconds_count{kind="a"} 4

                """
        )
    }

    @Test func namesThatPrometheusRefusesStopTheProgram() async {
        await #expect(processExitsWith: .failure) {
            var metrics = MetricsText()
            metrics.family("1x", help: "", kind: .gauge, value: 1)
        }
        await #expect(processExitsWith: .failure) {
            var metrics = MetricsText()
            metrics.family("x", help: "", kind: .gauge) { $0.sample([MetricLabel("a-b", "")], 1) }
        }
        await #expect(processExitsWith: .failure) {
            var metrics = MetricsText()
            metrics.family("x", help: "", kind: .gauge, value: 1)
            metrics.family("x", help: "", kind: .gauge, value: 1)
        }
    }
}
