// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections
public import Traffic

extension Inventory {
    /// The object that decides whose `remote` was during `interval`, in words; `nil` if nobody in the cluster had it.
    public func object(at remote: IPAddress, during interval: Interval) -> String? {
        claims[remote]?.holder(during: interval).map { describe($0.holder) }
    }

    private func describe(_ holder: Claim.Holder) -> String {
        switch holder {
        case .pod(let uid):
            guard let pod = pod(uid) else { return "the pod \(uid)" }
            return "the pod \(pod.namespace)/\(pod.name) (\(uid)) on node \(pod.node)"
        case .node(let name): return "the node \(name)"
        case .service(let name): return "the service \(name.namespace)/\(name.name)"
        case .endpoint(let name): return "an endpoint of the service \(name.namespace)/\(name.name)"
        }
    }
}
