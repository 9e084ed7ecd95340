// SPDX-License-Identifier: Apache-2.0

extension Double {
    /// The number with three significant digits, or all of those before the point.
    package var shortText: String {
        guard self != 0, isFinite else { return description }
        let magnitude = abs(self)
        let places = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : magnitude >= 0.1 ? 3 : 4
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (magnitude * scale).rounded()
        let digits = String(UInt64(scaled))
        let sign = self < 0 ? "-" : ""
        guard places > 0 else { return sign + Self.grouped(digits) }
        let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
        return sign + padded.dropLast(places) + "." + padded.suffix(places)
    }

    /// Digits with commas between the thousands.
    private static func grouped(_ digits: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }
}
