// SPDX-License-Identifier: Apache-2.0

extension MetricsText {
    /// Writes a family with a sample for each series.
    ///
    /// - Parameters:
    ///   - name: The metric's name.
    ///   - help: One sentence with the unit.
    ///   - kind: What its values mean.
    ///   - series: The label sets.
    ///   - value: The value of the series with this index, or `nil` to leave it out.
    public mutating func family(
        _ name: String,
        help: String,
        kind: MetricKind,
        series: SeriesPrefixes,
        value: (Int) -> UInt64?
    ) {
        begin(name, help: help, kind: kind)
        let name = Array(name.utf8)
        // Some at a time, so that the room for the longest numbers is not asked for all at once: an array that
        // outgrows what was reserved is copied, which costs five times what writing it does.
        let stride = 512
        for first in Swift.stride(from: 0, to: series.count, by: stride) {
            bytes.append(name: name, series: series, range: first..<min(first + stride, series.count), value: value)
        }
    }
}

extension [UInt8] {
    fileprivate mutating func append(name: [UInt8], series: SeriesPrefixes, range: Range<Int>, value: (Int) -> UInt64?)
    {
        var start = range.lowerBound == 0 ? 0 : series.ends[range.lowerBound - 1]
        // What the loop below takes at most: every name, every label set, 20 digits and a line feed each.
        let room =
            series.ends[range.upperBound - 1] - start + range.count * (name.count + DecimalDigits.most + 1)
        append(addingCapacity: room) { output in
            // A span takes one byte at a time, which is several times slower than copying blocks. The pointers stay
            // in here: `output` has `room` free bytes, and no series takes more than its share of them.
            unsafe output.withUnsafeMutableBufferPointer { target, count in
                guard let base = target.baseAddress else { return }
                let first = unsafe UnsafeMutableRawPointer(base + count)
                var cursor = unsafe first
                unsafe name.withUnsafeBytes { name in
                    unsafe series.text.withUnsafeBytes { text in
                        for index in range {
                            let end = series.ends[index]
                            defer { start = end }
                            guard let value = value(index) else { continue }
                            unsafe cursor.copy(name)
                            unsafe cursor.copy(UnsafeRawBufferPointer(rebasing: text[start..<end]))
                            let digits = DecimalDigits(value)
                            unsafe Swift.withUnsafeBytes(of: digits.bytes) { all in
                                unsafe cursor.copy(UnsafeRawBufferPointer(rebasing: all[digits.first...]))
                            }
                            unsafe cursor.storeBytes(of: UInt8(ascii: "\n"), as: UInt8.self)
                            unsafe cursor += 1
                        }
                    }
                }
                unsafe count += cursor - first
            }
        }
    }
}

extension UnsafeMutableRawPointer {
    /// Copies `source` here and moves behind it.
    fileprivate mutating func copy(_ source: UnsafeRawBufferPointer) {
        guard let first = source.baseAddress else { return }
        unsafe copyMemory(from: first, byteCount: source.count)
        unsafe self += source.count
    }
}
