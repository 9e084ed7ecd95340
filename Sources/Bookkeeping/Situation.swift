// SPDX-License-Identifier: Apache-2.0
import Classification
import Traffic

/// What a node's flows are seen from.
struct Situation: Sendable {
    /// All that an answer about a remote address can depend on, beside the rules and the cluster's objects.
    ///
    /// Nodes whose views are equal are given the same answers.
    struct View: Hashable, Sendable {
        let cluster: String
        let region: String?
        let zone: String?
        /// The node's name, if its answers are not those of every other node that stands there.
        let node: String?
        /// The builder of the inventory; `nil` if there is none.
        let lineage: UInt64?
        /// True if an address which nobody has is outside of the cluster.
        let isComplete: Bool
    }

    /// The node, and where it stands.
    let vantage: Vantage
    /// What it has in common with others.
    let view: View
    /// The inventory's revision.
    let revision: UInt64

    /// The situation of the node that sent `batch`.
    init(of batch: FlowBatch, _ rules: RuleSet, inventory: Inventory?) {
        let source = batch.source
        let told = Place(region: batch.region, zone: batch.zone)
        vantage = PeerJudge.vantage(source.node, of: source.cluster, told: told, inventory)
        let isAlike = !rules.dependsOnNode && Self.isSeenAsItSeesItself(vantage, inventory)
        view = View(
            cluster: source.cluster,
            region: vantage.place.region,
            zone: vantage.place.zone,
            node: isAlike ? nil : source.node,
            lineage: inventory?.lineage,
            isComplete: inventory?.isComplete ?? false
        )
        revision = inventory?.revision ?? 0
    }

    /// True if others at its place see what stands on the node where the node itself does, which needs no label for that.
    ///
    /// What the node's own addresses answer may still differ: see ``Classification/PeerFinder/Finding/dependsOnPort``.
    private static func isSeenAsItSeesItself(_ vantage: Vantage, _ inventory: Inventory?) -> Bool {
        guard let inventory else { return true }
        return inventory.place(ofNode: vantage.node) == vantage.place
            && vantage.place.scope(to: vantage.place) == .sameZone
    }
}
