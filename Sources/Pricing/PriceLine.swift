// SPDX-License-Identifier: Apache-2.0
public import Traffic

/// One line of a price book: which bytes, and what they cost when.
public struct PriceLine: Hashable, Sendable {
    /// A tariff and when it holds.
    public struct Dated: Hashable, Sendable {
        /// First second, since 1970-01-01T00:00:00Z; a midnight.
        public var start: Int64
        /// First second after it; `nil` if it has no end.
        public var end: Int64?
        /// The prices.
        public var tariff: Tariff

        /// `tariff` from `start` to before `end`.
        public init(start: Int64, end: Int64?, tariff: Tariff) {
            self.start = start
            self.end = end
            self.tariff = tariff
        }

        /// True if some second is in both spans.
        func overlaps(_ other: Dated) -> Bool {
            start < other.end ?? .max && other.start < end ?? .max
        }
    }

    /// The line's name, unique in its book.
    public var name: String
    /// What is paid for, such as `nat` or `internet`: a byte meets at most one line of each charge at a time.
    public var charge: String
    /// What it is, for people; may be empty.
    public var description: String
    /// The directions whose bytes are charged.
    public var directions: Set<Direction>
    /// The bytes that are charged.
    public var condition: PriceCondition
    /// Oldest first, without gaps or overlaps.
    public var prices: [Dated]

    /// A line with the given parts; the caller vouches for the order of `prices`.
    public init(
        name: String,
        charge: String,
        description: String = "",
        directions: Set<Direction>,
        condition: PriceCondition,
        prices: [Dated]
    ) {
        self.name = name
        self.charge = charge
        self.description = description
        self.directions = directions
        self.condition = condition
        self.prices = prices
    }

    /// The tariff that holds at `second`, or `nil` if none does.
    public func tariff(at second: Int64) -> Tariff? {
        prices.first { $0.start <= second && second < $0.end ?? .max }?.tariff
    }

    /// True if some byte may be charged by both lines at some time.
    public func mayMeet(_ other: PriceLine) -> Bool {
        !directions.isDisjoint(with: other.directions)
            && prices.contains { price in other.prices.contains { price.overlaps($0) } }
            && condition.mayMeet(other.condition)
    }
}
