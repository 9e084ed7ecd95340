// SPDX-License-Identifier: Apache-2.0
public import Classification
public import Ledger
import Traffic

extension SeriesKey {
    /// The series that this one's bytes belong to, now that `inventory` knows its pod; `nil` if it does not.
    ///
    /// Scope and peer stay as they were judged then. The place of the node is filled in if it was not known.
    public func reattributed(by inventory: Inventory) -> SeriesKey? {
        guard awaitsItsPod, let names = inventory.names(ofPod: podUID) else { return nil }
        let place = region.isEmpty && zone.isEmpty ? inventory.place(ofNode: node) : nil
        return with(
            ownerKind: .pod,
            namespace: names.namespace,
            pod: names.name,
            workloadKind: names.workload.kind,
            workload: names.workload.name,
            place: place.map { ($0.region ?? "", $0.zone ?? "") }
        )
    }
}
