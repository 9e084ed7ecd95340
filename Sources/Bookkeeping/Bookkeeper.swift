// SPDX-License-Identifier: Apache-2.0
public import Classification
public import Ledger
import Synchronization
public import Traffic

/// Turns batches into bookings, and remembers what the next batches will most likely ask again: for each node its owners
/// and series, and for all nodes that see the same what they know of remote addresses.
///
/// A booking is the same as without that memory, whatever has changed meanwhile.
///
/// See also: ``NodeMemory``, ``Neighbourhood``.
public final class Bookkeeper: Sendable {
    private let limit: Int
    private let shelf: Mutex<Shelf>

    /// - Parameter limit: how many addresses, owners and series are remembered at most, of all nodes together; each takes
    ///   some 100 bytes.
    public init(limit: Int = 1_000_000) {
        self.limit = limit
        shelf = Mutex(Shelf(limit: limit))
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
        let rules = rulebook.rules(at: batch.interval.start)
        // What is found for a batch of the past is not for the next one.
        guard rulebook.isCurrent(at: batch.interval.start), batch.interval.start < batch.interval.end else {
            return Booking(classifying: batch, with: rulebook, inventory: inventory, keepsQuestions: keepsQuestions)
        }
        let situation = Situation(of: batch, rules, inventory: inventory)
        let node = Shelf.Node(batch.source)
        var (shared, kept) = shelf.withLock { $0.take(node, situation, rulebook, rules) }
        if let known = kept, known.revision > situation.revision, known.memory.neighbourhood == shared.number {
            // It was sent on its way before one that is booked already.
            shelf.withLock { $0.put(known, node, shared, situation, rulebook) }
            return Booking(classifying: batch, with: rulebook, inventory: inventory, keepsQuestions: keepsQuestions)
        }
        var memory: NodeMemory
        if let known = kept?.memory, known.neighbourhood == shared.number, !known.isOvergrown {
            memory = known
        } else {
            memory = NodeMemory(of: shared.number)
        }
        // The only copy, so that it is changed in place.
        kept = nil
        let entries = memory.entries(
            of: batch,
            situation,
            rules: rules,
            inventory: inventory,
            keepsQuestions: keepsQuestions
        ) { body in shared.neighbourhood.withLock { body(&$0) } }
        shelf.withLock {
            $0.put(Shelf.Kept(memory: memory, revision: situation.revision), node, shared, situation, rulebook)
        }
        return Booking(batch, entries)
    }
}
