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
        var key = self
        key.ownerKind = .pod
        key.namespace = names.namespace
        key.pod = names.name
        key.workloadKind = names.workload.kind
        key.workload = names.workload.name
        if key.region.isEmpty, key.zone.isEmpty, let place = inventory.place(ofNode: node) {
            key.region = place.region ?? ""
            key.zone = place.zone ?? ""
        }
        return key
    }
}
