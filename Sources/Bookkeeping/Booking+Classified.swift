// SPDX-License-Identifier: Apache-2.0
public import Classification
public import Ledger
public import Traffic

extension Booking {
    /// The bytes of `batch` by series, each flow classified by the rules that `rulebook` has for its interval, and by
    /// the objects that the cluster had then.
    ///
    /// Flows that fall in the same series are summed, in the order of their first appearance. Flows without
    /// any bytes or packets make no entry.
    ///
    /// Everything is found anew; who books one batch after the other asks a ``Bookkeeper``.
    ///
    /// - Parameters:
    ///   - inventory: what is known of the batch's cluster; `nil` if nothing is to be known, so that owners keep the names
    ///     that the agent found.
    ///   - keepsQuestions: false to book bytes that wait for their pod without what is to be asked about their peers then.
    public init(
        classifying batch: FlowBatch,
        with rulebook: Rulebook,
        inventory: Inventory? = nil,
        keepsQuestions: Bool = true
    ) {
        let rules = rulebook.rules(at: batch.interval.start)
        let situation = Situation(of: batch, rules, inventory: inventory)
        var neighbourhood = Neighbourhood(of: situation, rules: rules, limit: batch.flows.count)
        var memory = NodeMemory(of: neighbourhood.number)
        let entries = memory.entries(
            of: batch,
            situation,
            rules: rules,
            inventory: inventory,
            keepsQuestions: keepsQuestions
        ) { $0(&neighbourhood) }
        self.init(batch, entries)
    }

    /// What `batch` brought, with its sums by series.
    init(_ batch: FlowBatch, _ entries: [Entry]) {
        self.init(
            source: batch.source,
            sequence: batch.sequence,
            interval: batch.interval,
            entries: entries,
            losses: batch.losses,
            records: batch.flows.count
        )
    }
}
