// SPDX-License-Identifier: Apache-2.0

/// How many decimals an amount is written with.
///
/// Amounts are rounded once, when they are written: the sum first, half away from zero, then its parts so that they
/// add up to it to the last digit (``Apportionment``).
public struct Digits: Hashable, Sendable {
    /// Decimals, 0 to 19.
    public let count: Int
    /// Parts of ``Money`` in one unit of the last digit.
    let parts: Int128

    /// `count` decimals, cut to 0...19.
    public init(_ count: Int) {
        self.count = min(max(count, 0), 19)
        parts = (0..<self.count).reduce(Money.partsInUnit) { parts, _ in parts / 10 }
    }

    /// What JSON and CSV hold: a gigabyte's price of 0.01 is still exact for 100 bytes.
    public static let exact = Digits(9)
    /// What tables show of amounts of at least 1.
    public static let cents = Digits(2)

    /// `money` in units of the last digit, rounded half away from zero.
    public func rounded(_ money: Money) -> Int128 {
        let half = parts / 2
        let size = (Int128(money.parts.magnitude) + half) / parts
        return money.parts < 0 ? -size : size
    }

    /// The amount that is `count` units of the last digit.
    ///
    /// - Returns: `nil` if it is too large.
    public func money(_ count: Int128) -> Money? {
        let (product, over) = count.multipliedReportingOverflow(by: parts)
        return over ? nil : Money(parts: product)
    }

    /// `count` units of the last digit as a decimal number: `-0.05`, `1234.50`.
    public func text(_ count: Int128) -> String {
        let digits = String(count.magnitude)
        let sign = count < 0 ? "-" : ""
        guard self.count > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, self.count + 1 - digits.count)) + digits
        return "\(sign)\(padded.dropLast(self.count)).\(padded.suffix(self.count))"
    }

    /// `money`, rounded, as a decimal number.
    public func text(_ money: Money) -> String {
        text(rounded(money))
    }
}
