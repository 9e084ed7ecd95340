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
        var finder = PeerFinder(self, during: interval, from: vantage)
        return finder.find(remote, port: port).number.map { finder.peers[$0] }
    }

    /// The UID of the pod that had `address` during `interval`; `nil` if no pod did.
    public func uidOfPod(at address: IPAddress, during interval: Interval) -> String? {
        guard case .pod(let uid)? = claims[address]?.holder(during: interval)?.holder else { return nil }
        return uid
    }

    /// The name of the node that had `address` during `interval`; `nil` if no node did.
    public func node(at address: IPAddress, during interval: Interval) -> String? {
        guard case .node(let name)? = claims[address]?.holder(during: interval)?.holder else { return nil }
        return name
    }
}

/// Finds the peers of one batch, and numbers them.
///
/// Whatever many addresses share, such as where a node stands and what runs a pod, is found once. Equal peers have
/// one number, so that nobody need compare their names.
public struct PeerFinder: Sendable {
    /// Who was found.
    public struct Finding: Sendable {
        /// The number of the peer in ``PeerFinder/peers``; `nil` if nobody in the cluster had the address.
        public var number: Int?
        /// True if another port of the same address may be another's.
        public var dependsOnPort: Bool
    }

    /// Where a node stands, seen from the batch's own.
    private struct Standing: Hashable {
        var zone: String
        var scope: Scope
    }

    private struct NumberedStanding {
        var standing: Standing
        var number: Int32
    }

    private struct WorkloadName: Hashable {
        var namespace: String
        var name: String
    }

    /// Who was found so far, by number.
    public private(set) var peers: [ClusterPeer] = []

    private let inventory: Inventory
    private let interval: Interval
    private let vantage: Vantage
    private var numbers: [ClusterPeer: Int] = [:]
    /// By the nodes' names.
    private var standings: [String: NumberedStanding] = [:]
    private var standingNumbers: [Standing: Int32] = [:]
    /// By the UIDs of controllers, or of pods that have none of their own.
    private var workloads: [String: Int32] = [:]
    private var workloadNumbers: [WorkloadName: Int32] = [:]
    /// The peers that are pods, by workload and standing.
    private var pods = PairTable(capacity: 512)
    /// The numbers of the peers in `pods`.
    private var podNumbers: [Int] = []

    /// - Parameters:
    ///   - interval: when the bytes were counted.
    ///   - vantage: the node that counted them, with its own place.
    public init(_ inventory: Inventory, during interval: Interval, from vantage: Vantage) {
        self.inventory = inventory
        self.interval = interval
        self.vantage = vantage
        standings.reserveCapacity(64)
        workloads.reserveCapacity(512)
        workloadNumbers.reserveCapacity(512)
        numbers.reserveCapacity(512)
    }

    /// Who had the address `remote`.
    ///
    /// - Parameter port: the port at the peer, if the peer is the side that accepted; else `nil`.
    public mutating func find(_ remote: IPAddress, port: ClusterService.Port?) -> Finding {
        guard let claims = inventory.claims[remote], let claim = claims.holder(during: interval) else {
            return Finding(number: nil, dependsOnPort: false)
        }
        switch claim.holder {
        case .pod(let uid):
            guard let entry = claim.pod ?? inventory.entry(ofPod: uid) else {
                return Finding(number: nil, dependsOnPort: false)
            }
            guard let rival = rival(of: claim, among: claims) else {
                return Finding(number: number(of: entry), dependsOnPort: false)
            }
            return Finding(number: number(of: Self.either(peer(entry.pod), peer(rival))), dependsOnPort: false)
        case .node(let name):
            return Finding(number: number(of: peer(atNode: name, remote, port: port)), dependsOnPort: true)
        case .service(let name):
            // The only one that ever had it has it for every port.
            let peer = claims.count == 1 ? peer(name) : peer(of: name, at: remote, claims, port: port)
            return Finding(number: number(of: peer), dependsOnPort: claims.count > 1)
        case .endpoint(let name):
            return Finding(number: number(of: endpoint(of: name, at: remote)), dependsOnPort: false)
        }
    }

    private mutating func number(of peer: ClusterPeer) -> Int {
        if let known = numbers[peer] { return known }
        numbers[peer] = peers.count
        peers.append(peer)
        return peers.count - 1
    }

    /// The number of the peer that a pod is: the same for all pods of a workload that stand alike.
    private mutating func number(of entry: Inventory.PodEntry) -> Int {
        let standing = standings[entry.pod.node]?.number ?? standing(ofNode: entry.pod.node).number
        let place = pods.place(of: workloadNumber(of: entry), standing)
        if place < podNumbers.count { return podNumbers[place] }
        let number = number(of: peer(entry.pod))
        podNumbers.append(number)
        return number
    }

    private mutating func workloadNumber(of entry: Inventory.PodEntry) -> Int32 {
        let known =
            if let controller = entry.pod.controller, controller.kind != "Node" {
                workloads[controller.uid]
            } else {
                // The controller of a static pod is its node, which has many.
                workloads[entry.pod.uid]
            }
        if let known { return known }
        let pod = entry.pod
        let name = WorkloadName(namespace: pod.namespace, name: inventory.workload(of: pod).workload.name)
        let number = workloadNumbers[name, default: Int32(workloadNumbers.count)]
        workloadNumbers[name] = number
        workloads[pod.controller.flatMap { $0.kind == "Node" ? nil : $0.uid } ?? pod.uid] = number
        return number
    }

    private mutating func standing(ofNode name: String) -> NumberedStanding {
        if let known = standings[name] { return known }
        let place = inventory.nodes[name]?.node.place ?? .unknown
        // The node itself is where it is, whether its place is known or not.
        let isOwn = !name.isEmpty && name == vantage.node
        let standing = Standing(zone: place.zone ?? "", scope: isOwn ? .sameZone : vantage.place.scope(to: place))
        let number = standingNumbers[standing, default: Int32(standingNumbers.count)]
        standingNumbers[standing] = number
        let numbered = NumberedStanding(standing: standing, number: number)
        standings[name] = numbered
        return numbered
    }

    private mutating func peer(_ pod: ClusterPod) -> ClusterPeer {
        let standing = standing(ofNode: pod.node).standing
        return ClusterPeer(
            kind: .pod,
            namespace: pod.namespace,
            workload: inventory.workload(of: pod).workload.name,
            zone: standing.zone,
            scope: standing.scope
        )
    }

    /// Another pod that has claimed the address for as long as `claim` lasts, and longer than word of an end takes.
    private func rival(of claim: Claim, among claims: [Claim]) -> ClusterPod? {
        guard claims.count > 1, claim.isOpen, interval.start - claim.start > Inventory.toleratedOverlap else {
            return nil
        }
        for other in claims where other.isOpen && other.holder != claim.holder && other.start <= claim.start {
            if case .pod(let uid) = other.holder, let pod = other.pod?.pod ?? inventory.pod(uid) { return pod }
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
    private mutating func peer(
        of last: ClusterService.Name,
        at address: IPAddress,
        _ claims: [Claim],
        port: ClusterService.Port?
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
        if let port, let name = names.first(where: { inventory.services[$0]?.ports.contains(port) == true }) {
            return peer(name)
        }
        if let node { return peer(atNode: node, address, port: port) }
        if names.count <= 1 { return peer(last) }
        return ClusterPeer(kind: .service, scope: .unknown, resolution: .ambiguous)
    }

    /// The peer at a node's own address: a pod in the node's network that serves the port, a service's node port, or
    /// the node.
    private mutating func peer(
        atNode name: String,
        _ address: IPAddress,
        port: ClusterService.Port?
    ) -> ClusterPeer {
        if let port {
            if let pod = hostPod(at: address, port: port) { return peer(pod) }
            if let service = inventory.servicesByNodePort[port] {
                var peer = peer(service)
                // To another node the bytes do go, wherever it sends them then; the own node may send them anywhere.
                if name != vantage.node {
                    peer.scope = standing(ofNode: name).standing.scope
                    peer.zone = standing(ofNode: name).standing.zone
                }
                return peer
            }
        }
        return ClusterPeer(
            kind: .node,
            zone: standing(ofNode: name).standing.zone,
            scope: standing(ofNode: name).standing.scope
        )
    }

    /// The pod in a node's network that a service's endpoints name for a port.
    private func hostPod(at address: IPAddress, port: ClusterService.Port) -> ClusterPod? {
        for uid in inventory.slicesByAddress[address] ?? [] {
            guard let slice = inventory.slices[uid], slice.ports.contains(port) else { continue }
            for endpoint in slice.endpoints where endpoint.addresses.contains(address) {
                if let pod = inventory.pod(endpoint.podUID), pod.isHostNetwork { return pod }
            }
        }
        return nil
    }

    /// A service of which nobody knows the endpoint: what holds for every endpoint that may have been chosen.
    private mutating func peer(_ service: ClusterService.Name) -> ClusterPeer {
        var peer = ClusterPeer(
            kind: .service,
            namespace: service.namespace,
            workload: service.name,
            scope: .unknown,
            resolution: .service
        )
        var isFirst = true
        for uid in inventory.slicesByService[service] ?? [] {
            for endpoint in inventory.slices[uid]?.endpoints ?? [] where endpoint.isReady {
                let node = endpoint.node.isEmpty ? inventory.pod(endpoint.podUID)?.node ?? "" : endpoint.node
                let scope = standing(ofNode: node).standing.scope
                let zone = standing(ofNode: node).standing.zone
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
    private mutating func endpoint(of service: ClusterService.Name, at address: IPAddress) -> ClusterPeer {
        var peer = ClusterPeer(kind: .endpoint, namespace: service.namespace, workload: service.name, scope: nil)
        for uid in inventory.slicesByAddress[address] ?? [] {
            guard let slice = inventory.slices[uid], slice.service == service else { continue }
            for endpoint in slice.endpoints where endpoint.addresses.contains(address) {
                peer.zone = endpoint.zone
                if inventory.nodes[endpoint.node] != nil { peer.scope = standing(ofNode: endpoint.node).standing.scope }
            }
        }
        return peer
    }
}
