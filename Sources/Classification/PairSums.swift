// SPDX-License-Identifier: Apache-2.0

public import Traffic

/// Sums of counters by pairs of numbers, such as those of a flow's owner and of its other side.
///
/// What is told apart by names is numbered first, and the sums are found by the numbers: hashing the names of every
/// record would cost several times what classifying it does.
public struct PairSums: Sendable {
    /// The sum of one pair.
    public struct Sum: Hashable, Sendable {
        /// The pair's first number.
        public var first: Int32
        /// The pair's second number.
        public var second: Int32
        /// What was added.
        public var counters: FlowCounters
    }

    /// The sums, in the order in which the pairs first appeared.
    public private(set) var sums: [Sum] = []

    private var places: PairTable

    /// No sums yet.
    ///
    /// - Parameter capacity: how many pairs there may be before memory is asked for again.
    public init(capacity: Int) {
        places = PairTable(capacity: capacity)
        sums.reserveCapacity(capacity)
    }

    /// Adds `counters` to the sum of `first` and `second`, both 0..<2^31.
    public mutating func add(_ counters: FlowCounters, first: Int, second: Int) {
        let place = places.place(of: Int32(first), Int32(second))
        if place == sums.count {
            sums.append(Sum(first: Int32(first), second: Int32(second), counters: counters))
        } else {
            sums[place].counters += counters
        }
    }
}
