// SPDX-License-Identifier: Apache-2.0
import Classification
import Traffic

/// What all that is known of a node's flows is seen from; if it changes, everything must be found again.
struct Situation: Sendable {
    /// The node, and where it stands.
    let vantage: Vantage
    /// The builder of the inventory; `nil` if there is none.
    let lineage: UInt64?
    /// True if an address which nobody has is outside of the cluster.
    let isComplete: Bool
    /// The inventory's revision.
    let revision: UInt64

    /// The situation of the node that sent `batch`.
    init(of batch: FlowBatch, inventory: Inventory?) {
        let told = Place(region: batch.region, zone: batch.zone)
        vantage = PeerJudge.vantage(batch.source.node, of: batch.source.cluster, told: told, inventory)
        lineage = inventory?.lineage
        isComplete = inventory?.isComplete ?? false
        revision = inventory?.revision ?? 0
    }

    /// True if what was found in this situation of a node, by the same rules, holds in a `later` one, but for what
    /// grounds are kept of.
    func carriesOver(to later: Situation) -> Bool {
        vantage.place == later.vantage.place && lineage == later.lineage && isComplete == later.isComplete
    }
}
