// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections
public import Traffic

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
        /// What the finding rests on, ``dependsOnPort`` included; `nil` if it is to be found again for the next batch.
        public var grounds: Grounds?
    }

    /// Where a node stands, seen from the batch's own.
    private struct Standing: Hashable {
        var zone: String
        var region: String
        var scope: Scope
    }

    private struct NumberedStanding {
        var standing: Standing
        var number: Int32
        /// The node's mark.
        var mark: UInt16
    }

    private struct NumberedWorkload {
        var number: Int32
        /// The controller's mark; 0 if nothing that can change is behind it.
        var mark: UInt16
        /// False if the controller has not been told yet.
        var isComplete: Bool
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
    private var workloads: [String: NumberedWorkload] = [:]
    private var workloadNumbers: [WorkloadName: Int32] = [:]
    /// The peers that are pods, by workload and standing.
    private var pods = PairTable(capacity: 512)
    /// The numbers of the peers in `pods`.
    private var podNumbers: [Int] = []
    /// What the finding that is being made rests on; `nil` once it rests on something that has no mark.
    private var grounds: Grounds?

    /// - Parameters:
    ///   - interval: when the bytes were counted.
    ///   - vantage: the node that counted them, with its own place.
    public init(_ inventory: Inventory, during interval: Interval, from vantage: Vantage) {
        self.inventory = inventory
        self.interval = interval
        self.vantage = vantage
    }

    /// Who had the address `remote`.
    ///
    /// - Parameter port: the port at the peer, if the peer is the side that accepted; else `nil`.
    public mutating func find(_ remote: IPAddress, port: ClusterService.Port?) -> Finding {
        grounds = Grounds.nothing
        let found = number(of: remote, port: port)
        rest(on: ChangeMarks.mark(of: .address(remote)))
        return Finding(number: found.number, dependsOnPort: found.dependsOnPort, grounds: grounds)
    }

    private mutating func rest(on mark: UInt16) {
        if grounds?.add(mark) == false { grounds = nil }
    }

    private mutating func number(
        of remote: IPAddress,
        port: ClusterService.Port?
    ) -> (number: Int?, dependsOnPort: Bool) {
        guard let claims = inventory.claims[remote] else { return (nil, false) }
        grounds = claims.tenure(at: interval.start).map(Grounds.init(during:))
        guard let claim = claims.holder(during: interval) else { return (nil, false) }
        switch claim.holder {
        case .pod(let uid):
            if claim.pod == nil { grounds = nil }
            guard let entry = claim.pod ?? inventory.entry(ofPod: uid) else { return (nil, false) }
            // Whether another one has it too depends on more than the start of the interval.
            if claims.count > 1, claims.contains(where: { $0.isOpen && $0.holder != claim.holder }) { grounds = nil }
            guard let rival = rival(of: claim, among: claims) else { return (number(of: entry), false) }
            return (number(of: Self.either(peer(entry.pod), peer(rival))), false)
        case .node(let name):
            return (number(of: peer(atNode: name, remote, port: port)), true)
        case .service(let name):
            // The only one that ever had it has it for every port.
            if claims.count == 1 { return (number(of: peer(name)), false) }
            grounds = nil
            return (number(of: peer(of: name, at: remote, claims, port: port)), true)
        case .endpoint(let name):
            return (number(of: endpoint(of: name, at: remote)), false)
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
        let standing = standing(ofNode: entry.pod.node)
        rest(on: standing.mark)
        let workload = numberedWorkload(of: entry.pod)
        if workload.mark > 0 { rest(on: workload.mark) }
        if !workload.isComplete { grounds = nil }
        let place = pods.place(of: workload.number, standing.number)
        if place < podNumbers.count { return podNumbers[place] }
        let number = number(of: peer(entry.pod))
        podNumbers.append(number)
        return number
    }

    private mutating func numberedWorkload(of pod: ClusterPod) -> NumberedWorkload {
        // The controller of a static pod is its node, which has many.
        let controller = pod.controller.flatMap { $0.kind == "Node" ? nil : $0.uid }
        if let known = workloads[controller ?? pod.uid] { return known }
        let (workload, isComplete) = inventory.workload(of: pod)
        let name = WorkloadName(namespace: pod.namespace, name: workload.name)
        let number = workloadNumbers[name, default: Int32(workloadNumbers.count)]
        workloadNumbers[name] = number
        let numbered = NumberedWorkload(
            number: number,
            mark: controller.map { ChangeMarks.mark(of: .controller($0)) } ?? 0,
            isComplete: isComplete
        )
        workloads[controller ?? pod.uid] = numbered
        return numbered
    }

    private mutating func standing(ofNode name: String) -> NumberedStanding {
        if let known = standings[name] { return known }
        let place = inventory.nodes[name]?.node.place ?? .unknown
        // The node itself is where it is, whether its place is known or not.
        let isOwn = !name.isEmpty && name == vantage.node
        let standing = Standing(
            zone: place.zone ?? "",
            region: place.region ?? "",
            scope: isOwn ? .sameZone : vantage.place.scope(to: place)
        )
        let number = standingNumbers[standing, default: Int32(standingNumbers.count)]
        standingNumbers[standing] = number
        let numbered = NumberedStanding(
            standing: standing,
            number: number,
            mark: ChangeMarks.mark(of: .node(name))
        )
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
            region: standing.region,
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
            region: left.region == right.region ? left.region : "",
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
        rest(on: ChangeMarks.mark(of: .node(name)))
        if let port {
            rest(on: ChangeMarks.mark(of: .nodePort(port)))
            if let pod = hostPod(at: address, port: port) { return peer(pod) }
            if let service = inventory.servicesByNodePort[port] {
                var peer = peer(service)
                // To another node the bytes do go, wherever it sends them then; the own node may send them anywhere.
                if name != vantage.node {
                    let standing = standing(ofNode: name).standing
                    (peer.scope, peer.zone, peer.region) = (standing.scope, standing.zone, standing.region)
                }
                return peer
            }
        }
        let standing = standing(ofNode: name).standing
        return ClusterPeer(kind: .node, zone: standing.zone, region: standing.region, scope: standing.scope)
    }

    /// The pod in a node's network that a service's endpoints name for a port.
    private mutating func hostPod(at address: IPAddress, port: ClusterService.Port) -> ClusterPod? {
        for uid in inventory.slicesByAddress[address] ?? [] {
            guard let slice = inventory.slices[uid], slice.ports.contains(port) else { continue }
            // It rests on pods that have another address, if any.
            grounds = nil
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
        rest(on: ChangeMarks.mark(of: .service(service)))
        // There are more of them than grounds can name.
        rest(on: ChangeMarks.nodes)
        var isFirst = true
        for uid in inventory.slicesByService[service] ?? [] {
            for endpoint in inventory.slices[uid]?.endpoints ?? [] where endpoint.isReady {
                if endpoint.node.isEmpty { grounds = nil }
                let node = endpoint.node.isEmpty ? inventory.pod(endpoint.podUID)?.node ?? "" : endpoint.node
                let standing = standing(ofNode: node).standing
                if isFirst {
                    (peer.scope, peer.zone, peer.region) = (standing.scope, standing.zone, standing.region)
                    isFirst = false
                } else {
                    if peer.scope != standing.scope { peer.scope = .unknown }
                    if peer.zone != standing.zone { peer.zone = "" }
                    if peer.region != standing.region { peer.region = "" }
                }
                if peer.scope == .unknown, peer.zone.isEmpty, peer.region.isEmpty { return peer }
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
                rest(on: ChangeMarks.mark(of: .node(endpoint.node)))
                if inventory.nodes[endpoint.node] != nil { peer.scope = standing(ofNode: endpoint.node).standing.scope }
            }
        }
        return peer
    }
}
