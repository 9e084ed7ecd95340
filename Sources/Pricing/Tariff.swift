// SPDX-License-Identifier: Apache-2.0

/// What bytes cost, while the price does not change: one price for all, or tiers by the bytes of a calendar month.
public struct Tariff: Hashable, Sendable {
    /// A price from some number of bytes on.
    public struct Tier: Hashable, Sendable {
        /// Bytes of the month that are below the tier.
        public var above: UInt64
        /// The price of the bytes in the tier.
        public var price: Price

        /// `price` for the bytes above `above`.
        public init(above: UInt64, price: Price) {
            self.above = above
            self.price = price
        }
    }

    /// What the prices are for.
    public let unit: PriceUnit
    /// At least one; the first begins at 0, and each begins above the one before.
    public let tiers: [Tier]

    /// A tariff of `tiers`, or `nil` unless the first begins at 0 and each above the one before.
    public init?(unit: PriceUnit, tiers: [Tier]) {
        guard tiers.first?.above == 0, zip(tiers, tiers.dropFirst()).allSatisfy({ $0.above < $1.above }) else {
            return nil
        }
        self.unit = unit
        self.tiers = tiers
    }

    /// The same price for every byte.
    public init(unit: PriceUnit, price: Price) {
        self.unit = unit
        tiers = [Tier(above: 0, price: price)]
    }

    /// True if the price does not depend on the month's bytes.
    public var isFlat: Bool {
        tiers.count == 1
    }

    /// What a month's `bytes` cost together; `nil` if that is more than ``Money`` holds.
    public func cost(of bytes: UInt64) -> Money? {
        var sum = Money.zero
        for (index, tier) in tiers.enumerated() where bytes > tier.above {
            let end = index + 1 < tiers.count ? min(bytes, tiers[index + 1].above) : bytes
            guard let part = tier.price.ofByte(per: unit).times(end - tier.above), let next = sum.adding(part) else {
                return nil
            }
            sum = next
        }
        return sum
    }
}
