// SPDX-License-Identifier: Apache-2.0
import Classification
import Ledger
import Traffic

/// The part of an owner that is a dimension of its series.
struct OwnerIdentity: Hashable {
    /// ``pod`` of a pod that the cluster has not told of.
    static let unknownPod = "pod-unknown"

    var kind: Owner.Kind
    var namespace: String
    var pod: String
    var podUID: String
    var workload: Workload?

    /// What is known of `owner`.
    ///
    /// An unattributed owner keeps only its reason, as the pod's name. A pod of which the cluster has not told yet is
    /// unattributed and keeps its UID, by which its bytes find it when it is told. A pod that came with its names and
    /// without a UID keeps them.
    ///
    /// - Parameter inventory: names pods; `nil` if the names that the agent found are to stay.
    init(_ owner: Owner, inventory: Inventory?) {
        kind = owner.kind
        pod = owner.pod
        namespace = owner.kind == .unattributed ? "" : owner.namespace
        podUID = owner.kind == .unattributed ? "" : owner.podUID
        guard owner.kind == .pod, let inventory, !owner.podUID.isEmpty || owner.pod.isEmpty else { return }
        if let names = inventory.names(ofPod: owner.podUID) {
            namespace = names.namespace
            pod = names.name
            workload = names.workload
        } else {
            kind = .unattributed
            namespace = ""
            pod = Self.unknownPod
        }
    }
}

extension OwnerIdentity {
    /// True if it is a pod of which the cluster has not told.
    var awaitsItsPod: Bool {
        kind == .unattributed && !podUID.isEmpty
    }
    /// What the series of the owner say of it.
    ///
    /// - Parameter vantage: The node that counted the bytes.
    func local(from vantage: Vantage) -> SeriesKey.Local {
        SeriesKey.Local(
            cluster: vantage.cluster,
            node: vantage.node,
            region: vantage.place.region ?? "",
            zone: vantage.place.zone ?? "",
            ownerKind: kind,
            namespace: namespace,
            pod: pod,
            podUID: podUID,
            workloadKind: workload?.kind ?? "",
            workload: workload?.name ?? ""
        )
    }
}
