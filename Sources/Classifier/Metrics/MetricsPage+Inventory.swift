// SPDX-License-Identifier: Apache-2.0
import Classification
import Exposition
import Kubernetes
import Ledger
import Traffic

extension MetricsPage {
    /// Writes what was booked before its pod, or its peer, was known, and what found it since.
    ///
    /// Neither goes down; their difference is what still waits. The counters of pods hold what was moved.
    func writeUnattributed(to text: inout MetricsText) {
        let totals = ledger.unattributedTotals()
        let peers = ledger.unjudgedTotals()
        let families = [
            (
                "netledger_unattributed_bytes_total", "Layer 3 bytes that were booked before their pod was known.",
                totals.booked
            ),
            (
                "netledger_reattributed_bytes_total",
                "Layer 3 bytes of netledger_unattributed_bytes_total that were moved to their pod since.", totals.moved
            ),
            (
                "netledger_unjudged_bytes_total",
                "Layer 3 bytes of known pods that were booked before their peer was known.", peers.booked
            ),
            (
                "netledger_rejudged_bytes_total",
                "Layer 3 bytes of netledger_unjudged_bytes_total whose peer was judged since.", peers.moved
            ),
        ]
        for (name, help, counters) in families {
            text.family(name, help: help, kind: .counter) {
                $0.sample([MetricLabel("direction", "egress")], counters.egressBytes)
                $0.sample([MetricLabel("direction", "ingress")], counters.ingressBytes)
            }
        }
    }

    /// Writes how well the cluster's objects are known.
    func writeInventory(_ feed: InventoryFeed, to text: inout MetricsText) {
        text.family(
            "netledger_inventory_synced",
            help: "1 if every object of the cluster was told once.",
            kind: .gauge,
            value: feed.isSynced ? 1 as UInt64 : 0
        )
        let counts = feed.live.snapshot.counts
        let objects = [
            ("addresses", counts.addresses), ("controllers", counts.controllers),
            ("endpointslices", counts.endpointSlices), ("nodes", counts.nodes), ("pods", counts.pods),
            ("services", counts.services),
        ]
        text.family(
            "netledger_inventory_objects",
            help: "Objects of the cluster that are known, those that are gone and remembered included.",
            kind: .gauge
        ) { for (kind, count) in objects { $0.sample([MetricLabel("kind", kind)], UInt64(max(0, count))) } }
        let statuses = feed.statuses.sorted { $0.resource < $1.resource }
        text.family(
            "netledger_inventory_following",
            help: "1 if changes of a collection of the cluster are told as they happen, 0 if there is a failure.",
            kind: .gauge
        ) {
            for status in statuses {
                $0.sample([MetricLabel("resource", status.resource)], status.isFollowing && status.isSynced ? 1 : 0)
            }
        }
        text.family(
            "netledger_inventory_changes_total",
            help: "Objects that were put or deleted, those of listings included.",
            kind: .counter
        ) { for status in statuses { $0.sample([MetricLabel("resource", status.resource)], UInt64(status.changes)) } }
        let gaps = feed.gaps.snapshot
        text.family(
            "netledger_inventory_gap_bytes_total",
            help: "Layer 3 bytes that were booked with less because something was not known, by what.",
            kind: .counter
        ) {
            for gap in InventoryGaps.Gap.allCases.sorted(by: { $0.rawValue < $1.rawValue }) {
                $0.sample([MetricLabel("gap", gap.rawValue)], gaps[gap] ?? 0)
            }
        }
        text.family(
            "netledger_inventory_waiting_series",
            help: "Series whose bytes wait for word of their pod, or of their peer only.",
            kind: .gauge
        ) {
            $0.sample([MetricLabel("for", "peer")], UInt64(ledger.unjudgedTotals().waitingSeries))
            $0.sample([MetricLabel("for", "pod")], UInt64(ledger.unattributedTotals().waitingSeries))
        }
        text.family(
            "netledger_inventory_waiting_series_limit",
            help: "Series that wait, beyond which a peer that is not known is not asked for later.",
            kind: .gauge,
            value: UInt64(feed.mostQuestions)
        )
        text.family(
            "netledger_inventory_waiting_batches",
            help: "Batches that wait for word of their pods.",
            kind: .gauge,
            value: UInt64(max(0, feed.live.waitingBatches))
        )
    }
}
