// SPDX-License-Identifier: Apache-2.0

/// The samples of a `/metrics` page, by the text before the value.
struct MetricsSnapshot {
    /// The page.
    let text: String
    /// For instance `http_requests_total{handler="/metrics",method="GET",code="200"}` to its value.
    let samples: [String: Double]

    init(_ text: String) {
        self.text = text
        var samples: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        self.samples = samples
    }

    /// The value of one sample.
    subscript(sample: String) -> Double? {
        samples[sample]
    }

    /// The samples of one metric, labels to value.
    func family(_ name: String) -> [String: Double] {
        var family: [String: Double] = [:]
        for (sample, value) in samples where sample.hasPrefix(name + "{") {
            family[String(sample.dropFirst(name.utf8.count))] = value
        }
        return family
    }

    /// Batches and bytes refused for `reason`.
    func refused(_ reason: String) -> [Double?] {
        [
            self["netledger_classifier_refused_batches_total{reason=\"\(reason)\"}"],
            self["netledger_classifier_refused_bytes_total{reason=\"\(reason)\"}"],
        ]
    }
}
