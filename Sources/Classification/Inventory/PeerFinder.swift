// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections
public import Traffic

extension Inventory {
    /// How long two pods may claim one address before that is more than late word of an end; in nanoseconds, 1 minute.
    static let toleratedOverlap: Int64 = 60 * 1_000_000_000

    /// Who had the address `remote` during `interval`; `nil` if nobody in the cluster did.
    ///
    /// - Parameters:
    ///   - port: the port at the peer, if the peer is the side that accepted; else `nil`.
    ///   - interval: when the bytes were counted.
    ///   - vantage: the node that counted them, with its own place.
    public func peer(
        at remote: IPAddress,
        port: ClusterService.Port?,
        during interval: Interval,
        from vantage: Vantage
    ) -> ClusterPeer? {
        guard let claims = claims[remote], let claim = claims.holder(during: interval) else { return nil }
        switch claim.holder {
        case .pod(let uid):
            guard let pod = pod(uid) else { return nil }
            let peer = peer(pod, from: vantage)
            guard let rival = rival(of: claim, among: claims, during: interval) else { return peer }
            return Self.either(peer, self.peer(rival, from: vantage))
        case .node(let name):
            return peer(atNode: name, remote, port: port, from: vantage)
        case .service(let name):
            return peer(of: name, at: remote, claims, port: port, during: interval, from: vantage)
        case .endpoint(let name):
            return endpoint(of: name, at: remote, from: vantage)
        }
    }

    private func peer(_ pod: ClusterPod, from vantage: Vantage) -> ClusterPeer {
        ClusterPeer(
            kind: .pod,
            namespace: pod.namespace,
            workload: workload(of: pod).workload.name,
            zone: nodes[pod.node]?.node.place.zone ?? "",
            scope: scope(ofNode: pod.node, from: vantage)
        )
    }

    /// How far the node `name` is; the node itself is where it is, whether its place is known or not.
    private func scope(ofNode name: String, from vantage: Vantage) -> Scope {
        if !name.isEmpty, name == vantage.node { return .sameZone }
        return vantage.place.scope(to: nodes[name]?.node.place ?? .unknown)
    }

    /// Another pod that has claimed the address for as long as `claim` lasts, and longer than word of an end takes.
    private func rival(of claim: Claim, among claims: [Claim], during interval: Interval) -> ClusterPod? {
        guard claims.count > 1, claim.isOpen, interval.start - claim.start > Self.toleratedOverlap else { return nil }
        for other in claims where other.isOpen && other.holder != claim.holder && other.start <= claim.start {
            if case .pod(let uid) = other.holder, let pod = pod(uid) { return pod }
        }
        return nil
    }

    /// What holds for both of two peers.
    private static func either(_ left: ClusterPeer, _ right: ClusterPeer) -> ClusterPeer {
        ClusterPeer(
            kind: .pod,
            namespace: left.namespace == right.namespace ? left.namespace : "",
            workload: left.namespace == right.namespace && left.workload == right.workload ? left.workload : "",
            zone: left.zone == right.zone ? left.zone : "",
            scope: left.scope == right.scope ? left.scope : .unknown,
            resolution: .ambiguous
        )
    }

    /// The peer at an address that several services may share, also with a node, each with ports of its own.
    private func peer(
        of last: ClusterService.Name,
        at address: IPAddress,
        _ claims: [Claim],
        port: ClusterService.Port?,
        during interval: Interval,
        from vantage: Vantage
    ) -> ClusterPeer {
        var names: [ClusterService.Name] = []
        var node: String?
        for claim in claims where claim.start < interval.end && claim.end > interval.start {
            switch claim.holder {
            case .service(let name): names.append(name)
            case .node(let name): node = name
            case .pod, .endpoint: break
            }
        }
        if let port, let name = names.first(where: { services[$0]?.ports.contains(port) == true }) {
            return peer(name, from: vantage)
        }
        if let node { return peer(atNode: node, address, port: port, from: vantage) }
        if names.count <= 1 { return peer(last, from: vantage) }
        return ClusterPeer(kind: .service, scope: .unknown, resolution: .ambiguous)
    }

    /// The peer at a node's own address: a pod in the node's network that serves the port, a service's node port, or
    /// the node.
    private func peer(
        atNode name: String,
        _ address: IPAddress,
        port: ClusterService.Port?,
        from vantage: Vantage
    ) -> ClusterPeer {
        if let port {
            if let pod = hostPod(at: address, port: port) { return peer(pod, from: vantage) }
            if let service = servicesByNodePort[port] {
                var peer = peer(service, from: vantage)
                // To another node the bytes do go, wherever it sends them then; the own node may send them anywhere.
                if name != vantage.node {
                    peer.scope = scope(ofNode: name, from: vantage)
                    peer.zone = nodes[name]?.node.place.zone ?? ""
                }
                return peer
            }
        }
        return ClusterPeer(
            kind: .node,
            zone: nodes[name]?.node.place.zone ?? "",
            scope: scope(ofNode: name, from: vantage)
        )
    }

    /// The pod in a node's network that a service's endpoints name for a port.
    private func hostPod(at address: IPAddress, port: ClusterService.Port) -> ClusterPod? {
        for uid in slicesByAddress[address] ?? [] {
            guard let slice = slices[uid], slice.ports.contains(port) else { continue }
            for endpoint in slice.endpoints where endpoint.addresses.contains(address) {
                if let pod = pod(endpoint.podUID), pod.isHostNetwork { return pod }
            }
        }
        return nil
    }

    /// A service of which nobody knows the endpoint: what holds for every endpoint that may have been chosen.
    private func peer(_ service: ClusterService.Name, from vantage: Vantage) -> ClusterPeer {
        var peer = ClusterPeer(
            kind: .service,
            namespace: service.namespace,
            workload: service.name,
            scope: .unknown,
            resolution: .service
        )
        var isFirst = true
        for uid in slicesByService[service] ?? [] {
            for endpoint in slices[uid]?.endpoints ?? [] where endpoint.isReady {
                let node = endpoint.node.isEmpty ? pod(endpoint.podUID)?.node ?? "" : endpoint.node
                let scope = scope(ofNode: node, from: vantage)
                let zone = nodes[node]?.node.place.zone ?? ""
                if isFirst {
                    (peer.scope, peer.zone) = (scope, zone)
                    isFirst = false
                } else {
                    if peer.scope != scope { peer.scope = .unknown }
                    if peer.zone != zone { peer.zone = "" }
                }
                if peer.scope == .unknown, peer.zone.isEmpty { return peer }
            }
        }
        return peer
    }

    /// An endpoint that is no pod: outside of the cluster as a rule, so that the rules say where.
    private func endpoint(of service: ClusterService.Name, at address: IPAddress, from vantage: Vantage) -> ClusterPeer
    {
        var peer = ClusterPeer(kind: .endpoint, namespace: service.namespace, workload: service.name, scope: nil)
        for uid in slicesByAddress[address] ?? [] {
            guard let slice = slices[uid], slice.service == service else { continue }
            for endpoint in slice.endpoints where endpoint.addresses.contains(address) {
                peer.zone = endpoint.zone
                if nodes[endpoint.node] != nil { peer.scope = scope(ofNode: endpoint.node, from: vantage) }
            }
        }
        return peer
    }
}
