// SPDX-License-Identifier: Apache-2.0

/// How people are shown a number of bytes.
public enum ByteUnits: String, Hashable, Sendable, CaseIterable {
    /// Powers of 1,000 with three digits: kB, MB, GB.
    case decimal
    /// Powers of 1,024 with at least three digits: KiB, MiB, GiB.
    case binary
    /// All digits, no unit.
    case exact

    /// `bytes` in these units, rounded half up.
    public func text(_ bytes: UInt64) -> String {
        switch self {
        case .decimal: Self.scaled(bytes, base: 1000, units: ["kB", "MB", "GB", "TB", "PB", "EB"])
        case .binary: Self.scaled(bytes, base: 1024, units: ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
        case .exact: String(bytes)
        }
    }

    private static func scaled(_ bytes: UInt64, base: UInt128, units: [String]) -> String {
        if bytes < base { return "\(bytes) B" }
        var unit: UInt128 = 1
        for name in units {
            unit *= base
            // 128 bits: the hundredths of 2^64 bytes do not fit in 64.
            let hundredths = (UInt128(bytes) * 100 + unit / 2) / unit
            if hundredths < 1000 {
                let cents = hundredths % 100
                return "\(hundredths / 100).\(cents < 10 ? "0" : "")\(cents) \(name)"
            }
            let tenths = (UInt128(bytes) * 10 + unit / 2) / unit
            if tenths < 1000 { return "\(tenths / 10).\(tenths % 10) \(name)" }
            let whole = (UInt128(bytes) + unit / 2) / unit
            if whole < base { return "\(whole) \(name)" }
        }
        return String(bytes)  // not reached: 2^64 is below 1,000 of the largest unit
    }
}
