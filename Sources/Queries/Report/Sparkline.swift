// SPDX-License-Identifier: Apache-2.0

/// A row of numbers as a line of small bars, the highest number the highest bar.
enum Sparkline {
    private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// `value` as a horizontal bar, `highest` being one of `width` characters.
    static func bar(_ value: Int128, of highest: Int128, width: Int = 20) -> String {
        guard highest > 0, value > 0 else { return "" }
        let eighths = Int(value * Int128(width * 8) / highest)
        let ends: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let whole = String(repeating: "█", count: eighths / 8)
        return eighths % 8 > 0 ? whole + String(ends[eighths % 8 - 1]) : whole.isEmpty ? "▏" : whole
    }

    /// `values` as at most `most` bars; where there are more values, neighbours are added up.
    ///
    /// A value below 1 is the lowest bar.
    static func text(_ values: [Int128], most: Int = 40) -> String {
        guard !values.isEmpty, most > 0 else { return "" }
        let width = (values.count + most - 1) / most
        let sums = stride(from: 0, to: values.count, by: width)
            .map { start in values[start..<min(start + width, values.count)].reduce(0, +) }
        let highest = sums.max() ?? 0
        return String(
            sums.map { sum in
                guard highest > 0, sum > 0 else { return bars[0] }
                // 7 times a sum fits: sums are of amounts far below 2^120.
                return bars[min(7, Int(sum * 7 / highest))]
            }
        )
    }
}
