// SPDX-License-Identifier: Apache-2.0

/// An exact amount of money in some currency: a whole number of parts so small that no price a byte has a remainder.
///
/// A part is 1 / (2^40 · 5^19) of the currency's unit, about 5·10^-26. A price with up to ten decimals for 10^9 or
/// 2^30 bytes is a whole number of parts for one byte, so sums and products are exact, and nothing is rounded before
/// it is written. The largest amount is about 8·10^12 units.
public struct Money: Hashable, Comparable, Sendable {
    /// Parts in one unit of the currency: 2^40 · 5^19.
    public static let partsInUnit: Int128 = (1 << 40) * 19_073_486_328_125

    /// No money.
    public static let zero = Money(parts: 0)

    /// The amount in parts; negative for a credit.
    public var parts: Int128

    /// The amount of `parts`.
    public init(parts: Int128) {
        self.parts = parts
    }

    /// True if the left amount is smaller.
    public static func < (left: Money, right: Money) -> Bool {
        left.parts < right.parts
    }

    /// The sum, or `nil` if it is too large.
    public func adding(_ other: Money) -> Money? {
        let (sum, over) = parts.addingReportingOverflow(other.parts)
        return over ? nil : Money(parts: sum)
    }

    /// The difference, or `nil` if it is too large.
    public func subtracting(_ other: Money) -> Money? {
        let (difference, over) = parts.subtractingReportingOverflow(other.parts)
        return over ? nil : Money(parts: difference)
    }

    /// The amount times `count`, or `nil` if that is too large.
    public func times(_ count: UInt64) -> Money? {
        let (product, over) = parts.multipliedReportingOverflow(by: Int128(count))
        return over ? nil : Money(parts: product)
    }
}
