// SPDX-License-Identifier: Apache-2.0

/// Durations as users write them: a whole number and one of `s`, `m`, `h`, `d`, `w`.
public enum DurationText {
    /// Seconds that `text` stands for, or `nil` if it is not a duration above zero and below 10,000 years.
    public static func seconds(_ text: String) -> Int64? {
        guard let unit = text.utf8.last else { return nil }
        let factor: Int64
        switch unit {
        case UInt8(ascii: "s"): factor = 1
        case UInt8(ascii: "m"): factor = 60
        case UInt8(ascii: "h"): factor = 3600
        case UInt8(ascii: "d"): factor = 86_400
        case UInt8(ascii: "w"): factor = 604_800
        default: return nil
        }
        let digits = text.utf8.dropLast()
        // The parser of Int64 takes a sign; a duration has none.
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        guard let count = Int64(text.dropLast()), count > 0, count <= 315_576_000_000 / factor else { return nil }
        return count * factor
    }

    /// `seconds` in the widest unit that divides them: `90m`, `1d`.
    ///
    /// - Parameter seconds: Greater than zero.
    public static func text(seconds: Int64) -> String {
        for (factor, unit) in [(Int64(604_800), "w"), (86_400, "d"), (3600, "h"), (60, "m")] where seconds % factor == 0
        {
            return "\(seconds / factor)\(unit)"
        }
        return "\(seconds)s"
    }
}
