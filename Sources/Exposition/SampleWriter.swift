// SPDX-License-Identifier: Apache-2.0

/// Adds samples to the family that ``MetricsText`` is writing.
public struct SampleWriter: Sendable {
    private let name: String
    var bytes: [UInt8]

    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Adds a sample with an exact value; Prometheus itself reads it as a double.
    public mutating func sample(_ labels: [MetricLabel], _ value: some BinaryInteger) {
        line(labels: labels, value: String(value))
    }

    /// Adds a sample.
    public mutating func sample(_ labels: [MetricLabel], _ value: Double) {
        line(labels: labels, value: value.metricText)
    }

    /// Adds the samples of a histogram: one for each bucket, the sum and the count.
    ///
    /// The family's kind must be ``MetricKind/histogram``.
    public mutating func histogram(_ labels: [MetricLabel], _ histogram: Histogram) {
        for (bound, count) in histogram.cumulativeBuckets {
            line(suffix: "_bucket", labels: labels + [MetricLabel("le", bound.metricText)], value: String(count))
        }
        line(suffix: "_sum", labels: labels, value: histogram.sum.metricText)
        line(suffix: "_count", labels: labels, value: String(histogram.count))
    }

    private mutating func line(suffix: String = "", labels: [MetricLabel], value: String) {
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: suffix.utf8)
        bytes.appendLabels(labels)
        bytes.append(UInt8(ascii: " "))
        bytes.append(contentsOf: value.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }
}

extension Double {
    /// The number as Prometheus reads it.
    var metricText: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
        return description
    }
}
