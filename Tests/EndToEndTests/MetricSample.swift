// SPDX-License-Identifier: Apache-2.0

/// One line of the Prometheus text format; label values must not need escapes, which the tests' do not.
struct MetricSample {
    var name: String
    var labels: [String: String]
    var value: String

    /// The samples of a page.
    static func all(in page: String) -> [MetricSample] {
        page.split(separator: "\n").filter { !$0.hasPrefix("#") }
            .compactMap { line in
                guard let blank = line.lastIndex(of: " ") else { return nil }
                let series = line[..<blank]
                let open = series.firstIndex(of: "{") ?? series.endIndex
                var labels: [String: String] = [:]
                for pair in series[open...].dropFirst().dropLast().split(separator: ",") {
                    guard let equals = pair.firstIndex(of: "=") else { continue }
                    labels[String(pair[..<equals])] = String(pair[equals...].dropFirst(2).dropLast())
                }
                return MetricSample(
                    name: String(series[..<open]),
                    labels: labels,
                    value: String(line[line.index(after: blank)...])
                )
            }
    }
}
