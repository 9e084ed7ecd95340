// SPDX-License-Identifier: Apache-2.0
public import Classification
public import Ledger
import Synchronization
public import Traffic

/// Turns batches into bookings, and remembers for each node what its next batch will most likely ask again.
///
/// A booking is the same as without that memory, whatever has changed meanwhile.
///
/// See also: ``NodeMemory``.
public final class Bookkeeper: Sendable {
    private struct Node: Hashable {
        var cluster: String
        var name: String

        init(_ source: BatchSource) {
            cluster = source.cluster
            name = source.node
        }
    }

    private struct Kept {
        var memory: NodeMemory
        /// The inventory's revision at its last booking.
        var revision: UInt64
        /// The number of its last booking.
        var used: UInt64
    }

    private struct Shelf {
        /// The rules that everything on the shelf was judged by.
        var rulebook: Rulebook?
        var nodes: [Node: Kept] = [:]
        /// How many things the memories know.
        var count = 0
        /// How many bookings there were.
        var bookings: UInt64 = 0

        /// Takes the memory of `node` from the shelf.
        mutating func take(_ node: Node, _ rulebook: Rulebook) -> Kept? {
            bookings += 1
            if self.rulebook !== rulebook {
                self.rulebook = rulebook
                nodes = [:]
                count = 0
            }
            guard let kept = nodes.removeValue(forKey: node) else { return nil }
            count -= kept.memory.count
            return kept
        }

        /// Puts a memory on the shelf, if there is room for it.
        mutating func put(_ memory: NodeMemory, _ revision: UInt64, _ node: Node, _ rulebook: Rulebook, limit: Int) {
            guard self.rulebook === rulebook else { return }
            if let other = nodes.removeValue(forKey: node) { count -= other.memory.count }
            let size = memory.count
            if count + size > limit { dropIdle() }
            guard count + size <= limit else { return }
            count += size
            nodes[node] = Kept(memory: memory, revision: revision, used: bookings)
        }

        /// Drops the memories of nodes whose turn came to all others twice since they had theirs.
        ///
        /// Of nodes that all send, some keep their memories and the others go without: if they took turns, no memory would
        /// be there when it is asked for.
        private mutating func dropIdle() {
            let patience = UInt64(nodes.count) * 2 + 16
            for (node, kept) in nodes where bookings - kept.used > patience {
                count -= kept.memory.count
                nodes[node] = nil
            }
        }
    }

    private let limit: Int
    private let shelf = Mutex(Shelf())

    /// - Parameter limit: how many addresses, owners and series are remembered at most, of all nodes together; each takes
    ///   some 100 bytes.
    public init(limit: Int = 1_000_000) {
        self.limit = limit
    }

    /// How many addresses, owners and series are remembered.
    public var count: Int {
        shelf.withLock { $0.count }
    }

    /// What ``Ledger/Booking/init(classifying:with:inventory:keepsQuestions:)`` makes of the same.
    ///
    /// - Parameter inventory: of one builder for each cluster, which was never copied to change both.
    public func booking(
        of batch: FlowBatch,
        with rulebook: Rulebook,
        inventory: Inventory? = nil,
        keepsQuestions: Bool = true
    ) -> Booking {
        func anew() -> Booking {
            Booking(classifying: batch, with: rulebook, inventory: inventory, keepsQuestions: keepsQuestions)
        }
        let rules = rulebook.rules(at: batch.interval.start)
        let now = Situation(of: batch, inventory: inventory)
        // What is found for a batch of the past is not for the next one.
        guard rulebook.isCurrent(at: batch.interval.start), batch.interval.start < batch.interval.end else {
            return anew()
        }
        let node = Node(batch.source)
        var kept = shelf.withLock { $0.take(node, rulebook) }
        if let kept, kept.revision > now.revision, kept.memory.situation.lineage == now.lineage {
            shelf.withLock { $0.put(kept.memory, kept.revision, node, rulebook, limit: limit) }
            return anew()
        }
        var memory: NodeMemory
        if let known = kept?.memory, known.situation.carriesOver(to: now), !known.isOvergrown {
            memory = known
        } else {
            memory = NodeMemory(now, rules: rules, flows: batch.flows.count)
        }
        // The only copy, so that it is changed in place.
        kept = nil
        let entries = memory.entries(of: batch, rules: rules, inventory: inventory, keepsQuestions: keepsQuestions)
        shelf.withLock { $0.put(memory, now.revision, node, rulebook, limit: limit) }
        return Booking(batch, entries)
    }
}
