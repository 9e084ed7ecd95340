// SPDX-License-Identifier: Apache-2.0
import Classification
import Traffic

/// What is known of remote addresses, of a bounded number of them: a new one takes the place of an older one where there
/// is no other.
///
/// An address stands in one of a few neighbouring places. What is found there is looked at again when something has changed meanwhile, so that a change
/// costs those who ask for what it may concern, and nobody else. As in ``Classification/PairTable``, the multipliers are
/// random.
struct RemoteTable: Sendable {
    /// What is known of an address.
    struct Entry: Sendable {
        var address: IPAddress
        /// Who has it, by its number.
        var peer: Int32
        /// The number of what the rules say of it.
        var ruling: Int32
        /// The numbers of the other sides by who started the flow; -1 where that was not asked for.
        var sides = SIMD4<Int32>(repeating: -1)
        /// What ``peer`` rests on.
        var grounds: Grounds
        /// The latest revision of the inventory for which they are known to hold.
        var revision: UInt64
    }

    /// ``Entry/peer`` in a place that is free.
    private static let free = Int32.min
    private static let empty = Entry(
        address: IPAddress(bits: 0),
        peer: free,
        ruling: 0,
        grounds: .nothing,
        revision: 0
    )
    private static let smallest = 1 << 9
    /// How many places an address may stand in; where half of all are taken, one of 10,000 finds none.
    private static let reach = 16
    private static let upper = UInt64.random(in: 0 ... .max) | 1
    private static let lower = UInt64.random(in: 0 ... .max) | 1

    /// How many addresses are known.
    private(set) var count = 0
    private let limit: Int
    /// A power of two of places, and those that the last one reaches.
    private var entries: [Entry] = []
    private var shift: UInt64 = 0
    private var turn = 0

    /// Nothing is known yet.
    ///
    /// - Parameter limit: Addresses that have room before newer ones take the places of older ones; about as many more do.
    init(limit: Int) {
        self.limit = max(limit, Self.smallest) * 2
    }

    /// What is known at an index.
    subscript(index: Int) -> Entry {
        get { entries[index] }
        _modify { yield &entries[index] }
    }

    /// Where `address` stands; `nil` if it is not known, or if what is known does not hold for an interval that begins at
    /// `start` and for `inventory`.
    mutating func index(of address: IPAddress, at start: Int64, _ inventory: Inventory) -> Int? {
        guard !entries.isEmpty else { return nil }
        var index = place(of: address)
        let end = index + Self.reach
        while entries[index].address != address || entries[index].peer == Self.free {
            // What is kept is replaced and never taken away: behind a free place there is nothing.
            if entries[index].peer == Self.free || index + 1 == end { return nil }
            index += 1
        }
        let grounds = entries[index].grounds
        guard grounds.from <= start, start < grounds.until else { return nil }
        let (revision, now) = (entries[index].revision, inventory.revision)
        if revision == now { return index }
        // What is newer than the inventory may rest on what the inventory does not have.
        guard revision < now, inventory.upholds(grounds, since: revision) else { return nil }
        entries[index].revision = now
        return index
    }

    /// Keeps what is known of an address; returns where.
    mutating func keep(_ entry: Entry) -> Int {
        if count * 2 >= entries.count, entries.count < limit { grow() }
        turn = (turn + 1) % Self.reach
        let index = vacancy(for: entry.address) ?? place(of: entry.address) + turn
        if entries[index].peer == Self.free { count += 1 }
        entries[index] = entry
        return index
    }

    /// The place that `address` has, or the first that is free.
    private func vacancy(for address: IPAddress) -> Int? {
        let first = place(of: address)
        return (first..<first + Self.reach).first { entries[$0].peer == Self.free || entries[$0].address == address }
    }

    /// The first of the places of `address`.
    private func place(of address: IPAddress) -> Int {
        let mixed =
            (UInt64(truncatingIfNeeded: address.bits >> 64) &* Self.upper)
            &+ (UInt64(truncatingIfNeeded: address.bits) &* Self.lower)
        // A second multiplication, so that the upper bits depend on all of both sums.
        return Int(truncatingIfNeeded: ((mixed ^ (mixed &>> 32)) &* Self.upper) &>> shift)
    }

    private mutating func grow() {
        let old = entries
        let size = max(Self.smallest, (old.count - Self.reach) * 2)
        entries = [Entry](repeating: Self.empty, count: size + Self.reach)
        shift = UInt64(64 - size.trailingZeroBitCount)
        count = 0
        for entry in old where entry.peer != Self.free {
            guard let index = vacancy(for: entry.address) else { continue }
            entries[index] = entry
            count += 1
        }
    }
}
