// SPDX-License-Identifier: Apache-2.0
import Classification
import Synchronization
import Traffic

/// Where a ``Bookkeeper`` keeps what it remembers, up to a limit.
struct Shelf: Sendable {
    /// A node of a cluster.
    struct Node: Hashable {
        private var cluster: String
        private var name: String

        /// The node that sends as `source`.
        init(_ source: BatchSource) {
            cluster = source.cluster
            name = source.node
        }
    }

    /// What is remembered of a node.
    struct Kept {
        var memory: NodeMemory
        /// The inventory's revision at its last booking.
        var revision: UInt64
        /// The number of its last booking.
        fileprivate var used: UInt64 = 0

        init(memory: NodeMemory, revision: UInt64) {
            self.memory = memory
            self.revision = revision
        }
    }

    /// What nodes of one view share, each batch for itself.
    final class Shared: Sendable {
        let number: UInt64
        let neighbourhood: Mutex<Neighbourhood>

        init(_ neighbourhood: Neighbourhood) {
            number = neighbourhood.number
            self.neighbourhood = Mutex(neighbourhood)
        }
    }

    private struct Place {
        var shared: Shared
        /// How many things it knew last.
        var count = 0
        /// The number of the last booking for it.
        var used: UInt64
    }

    /// The part of the limit that the addresses of one neighbourhood take, or twice as much.
    private static let share = 4

    private let limit: Int
    /// The rules that everything on the shelf was judged by.
    private var rulebook: Rulebook?
    private var nodes: [Node: Kept] = [:]
    private var places: [Situation.View: Place] = [:]
    /// How many things are remembered.
    private(set) var count = 0
    /// How many bookings there were.
    private var bookings: UInt64 = 0

    /// An empty shelf for about `limit` things.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the memory of `node` from the shelf, and what it shares with others.
    mutating func take(_ node: Node, _ situation: Situation, _ rulebook: Rulebook, _ rules: RuleSet) -> (Shared, Kept?)
    {
        bookings += 1
        if self.rulebook !== rulebook {
            self.rulebook = rulebook
            nodes = [:]
            places = [:]
            count = 0
        }
        let kept = nodes.removeValue(forKey: node)
        count -= kept?.memory.count ?? 0
        if let known = places[situation.view]?.shared { return (known, kept) }
        let new = Shared(Neighbourhood(of: situation, rules: rules, limit: limit / Self.share / 2))
        places[situation.view] = Place(shared: new, used: bookings)
        return (new, kept)
    }

    /// Puts a node's memory on the shelf, if there is room for it, after a booking that used `shared`.
    mutating func put(_ kept: Kept, _ node: Node, _ shared: Shared, _ situation: Situation, _ rulebook: Rulebook) {
        guard self.rulebook === rulebook, var place = places[situation.view], place.shared === shared else { return }
        let known = shared.neighbourhood.withLock { $0.count }
        count += known - place.count
        (place.count, place.used) = (known, bookings)
        places[situation.view] = place
        if known > limit / 2 {
            // Its addresses cannot be as many. Most of it has not been met for long.
            drop(situation.view)
            return
        }
        if let other = nodes.removeValue(forKey: node) { count -= other.memory.count }
        let size = kept.memory.count
        if count + size > limit { dropIdle() }
        guard count + size <= limit else { return }
        count += size
        nodes[node] = kept
        nodes[node]?.used = bookings
    }

    private mutating func drop(_ view: Situation.View) {
        count -= places.removeValue(forKey: view)?.count ?? 0
    }

    /// Drops the memories of nodes whose turn came to all others twice since they had theirs, and what no such node shares.
    ///
    /// Of nodes that all send, some keep their memories and the others go without: if they took turns, no memory would
    /// be there when it is asked for.
    private mutating func dropIdle() {
        let patience = UInt64(nodes.count) * 2 + 16
        for (node, kept) in nodes where bookings - kept.used > patience {
            count -= kept.memory.count
            nodes[node] = nil
        }
        for (view, place) in places where bookings - place.used > patience { drop(view) }
    }
}
