// SPDX-License-Identifier: Apache-2.0

/// What a number of bytes is sold by.
public enum PriceUnit: String, Hashable, Sendable, CaseIterable {
    /// 10^9 bytes.
    case gigabyte = "GB"
    /// 2^30 bytes.
    case gibibyte = "GiB"

    /// Bytes in the unit.
    public var bytes: UInt64 {
        switch self {
        case .gigabyte: 1_000_000_000
        case .gibibyte: 1 << 30
        }
    }
}

/// A decimal price for a unit of bytes: at most ten decimals, at most a million.
public struct Price: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Decimals that a price may have.
    public static let mostDecimals = 10
    /// The highest price, in units of the currency.
    public static let most: Int64 = 1_000_000

    /// The price in 10^-10 of the currency's unit; not negative.
    public let scaled: Int64

    /// Nothing.
    public static let free = Price(scaled: 0)

    private init(scaled: Int64) {
        self.scaled = scaled
    }

    /// The price that `text` is, such as `0.045`; `nil` unless it is digits with at most one point, in range.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }),
            let whole = Int64(parts[0]), whole <= Self.most
        else { return nil }
        var decimals = parts.count == 2 ? parts[1] : ""
        while decimals.last == "0" { decimals.removeLast() }
        guard decimals.count <= Self.mostDecimals else { return nil }
        let padded = decimals + String(repeating: "0", count: Self.mostDecimals - decimals.count)
        guard let fraction = Int64(padded) else { return nil }
        let scaled = whole * 10_000_000_000 + fraction
        guard scaled <= Self.most * 10_000_000_000 else { return nil }
        self.init(scaled: scaled)
    }

    /// What one byte costs.
    public func ofByte(per unit: PriceUnit) -> Money {
        // The parts of 10^-10 for 10^9 bytes, or for 2^30: both divide without a remainder.
        Money(parts: Int128(scaled) * (Money.partsInUnit / 10_000_000_000 / Int128(unit.bytes)))
    }

    /// True if the left price is lower.
    public static func < (left: Price, right: Price) -> Bool {
        left.scaled < right.scaled
    }

    /// The price as a decimal number without needless zeros: `0.045`.
    public var description: String {
        let digits = String(scaled % 10_000_000_000)
        var decimals = String(repeating: "0", count: Self.mostDecimals - digits.count) + digits
        while decimals.last == "0" { decimals.removeLast() }
        let whole = scaled / 10_000_000_000
        return decimals.isEmpty ? "\(whole)" : "\(whole).\(decimals)"
    }
}

extension UInt8 {
    /// True for the ASCII digits.
    var isDigit: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self)
    }
}
