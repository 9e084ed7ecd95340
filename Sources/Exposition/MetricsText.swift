// SPDX-License-Identifier: Apache-2.0

/// Writes metrics in the Prometheus text format 0.0.4, family by family, in the order of the calls.
///
/// Names of families and labels are the program's own words: a name that Prometheus would refuse, or a family that
/// is written twice, is a programming error and stops the program. Label values are data, and are escaped.
///
/// Many samples that differ in numbers only are written fastest from a ``SeriesPrefixes``.
public struct MetricsText: Sendable {
    /// The media type for HTTP.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// What was written so far.
    public internal(set) var bytes: [UInt8]

    private var families: Set<String> = []

    /// An empty text.
    ///
    /// - Parameter size: Bytes to make room for, for instance the size of the last text; it may grow by 128 KiB
    ///   before it must be moved.
    public init(reserving size: Int = 0) {
        bytes = []
        if size > 0 { bytes.reserveCapacity(size + 131_072) }
    }

    /// Writes a family: its help and type once, then the samples that `write` adds.
    ///
    /// - Parameters:
    ///   - name: The metric's name.
    ///   - help: One sentence with the unit.
    ///   - kind: What its values mean.
    ///   - write: Adds the samples.
    public mutating func family(
        _ name: String,
        help: String,
        kind: MetricKind,
        write: (inout SampleWriter) -> Void
    ) {
        begin(name, help: help, kind: kind)
        var samples = SampleWriter(name: name, bytes: bytes)
        bytes = []  // so that the samples are appended to the only reference
        write(&samples)
        bytes = samples.bytes
    }

    /// Writes a family of one sample without labels.
    ///
    /// - Parameters:
    ///   - name: The metric's name.
    ///   - help: One sentence with the unit.
    ///   - kind: What its value means.
    ///   - value: The sample.
    public mutating func family(_ name: String, help: String, kind: MetricKind, value: UInt64) {
        family(name, help: help, kind: kind) { $0.sample([], value) }
    }

    mutating func begin(_ name: String, help: String, kind: MetricKind) {
        precondition(name.isMetricName, "\(name) is not a metric name")
        precondition(families.insert(name).inserted, "the metric \(name) is written twice")
        bytes.append(contentsOf: "# HELP \(name) ".utf8)
        bytes.appendEscaped(help, quotes: false)
        bytes.append(contentsOf: "\n# TYPE \(name) \(kind.rawValue)\n".utf8)
    }
}

extension String {
    fileprivate var isMetricName: Bool {
        isLabelName(allowing: UInt8(ascii: ":"))
    }

    /// True for a letter, `_` or `extra`, followed by those and digits.
    func isLabelName(allowing extra: UInt8 = UInt8(ascii: "_")) -> Bool {
        guard let first = utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), extra:
                true
            default: false
            }
        }
    }
}

extension [UInt8] {
    /// Appends `text` with `\` and line feeds escaped, and quotes too if `quotes`.
    mutating func appendEscaped(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\n"): append(contentsOf: #"\n"#.utf8)
            case UInt8(ascii: "\"") where quotes: append(contentsOf: #"\""#.utf8)
            default: append(byte)
            }
        }
    }

    /// Appends `{name="value",...}`, or nothing if there are no labels.
    mutating func appendLabels(_ labels: [MetricLabel]) {
        guard !labels.isEmpty else { return }
        var separator = UInt8(ascii: "{")
        for label in labels {
            precondition(label.name.isLabelName(), "\(label.name) is not a label name")
            append(separator)
            append(contentsOf: label.name.utf8)
            append(contentsOf: "=\"".utf8)
            appendEscaped(label.value, quotes: true)
            append(UInt8(ascii: "\""))
            separator = UInt8(ascii: ",")
        }
        append(UInt8(ascii: "}"))
    }
}
