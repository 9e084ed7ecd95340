// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections
import Traffic

/// Turns the changes of a cluster's objects into an ``Inventory``.
///
/// What is gone is remembered until it is forgotten, because batches come late: see ``forget(before:)``.
public struct InventoryBuilder: Sendable {
    /// When something happened, by both of a computer's clocks.
    public struct Moment: Hashable, Sendable {
        /// The time of day, in nanoseconds since 1970-01-01T00:00:00Z; it may jump.
        public var wall: Int64
        /// Nanoseconds of a clock that never jumps, from any beginning.
        public var steady: Int64

        /// The moment at `wall` and `steady`.
        public init(wall: Int64, steady: Int64) {
            self.wall = wall
            self.steady = steady
        }
    }

    /// Something that is gone and still remembered.
    private enum Gone: Sendable {
        case pod(String)
        case node(String)
        case controller(String)
        case claim(IPAddress)
    }

    /// What is known now.
    public private(set) var inventory = Inventory()

    /// What is gone, by the steady time at which it went.
    private var gone: [(since: Int64, what: Gone)] = []
    /// How many of `gone` have been forgotten already.
    private var forgotten = 0

    /// Nothing is known yet.
    public init() {}

    /// Notes that every object that the cluster has was put once.
    public mutating func markComplete() {
        inventory.isComplete = true
    }

    // MARK: Pods

    /// Takes a pod that is new or has changed.
    public mutating func put(_ pod: ClusterPod, at now: Moment) {
        let old = inventory.pods[pod.uid].flatMap { $0.isPresent ? $0.pod : nil }
        if old == pod { return }
        let entry = Inventory.PodEntry(pod, isPresent: true)
        set(entry, pod.uid)
        if !pod.staticUID.isEmpty { inventory.staticPods[pod.staticUID] = pod.uid }
        let held = old?.ownAddresses ?? []
        let holds = pod.ownAddresses
        let end = pod.isFinished ? min(pod.finished ?? now.wall, now.wall) : now.wall
        for address in held where !holds.contains(address) { release(address, .pod(pod.uid), at: end, now) }
        // An address that comes later than the pod's first one cannot have been the pod's since it started.
        let start = held.isEmpty ? min(pod.started ?? now.wall, now.wall) : now.wall
        for address in holds {
            if held.contains(address) {
                inventory.claims[address]?.tell(of: entry)
                inventory.changes.note(.address(address))
            } else {
                claim(address, .pod(pod.uid), entry, from: start)
            }
        }
        if old == nil, pod.isFinished, !pod.isHostNetwork {
            for address in pod.addresses where address.identifiesOneHost {
                claim(address, .pod(pod.uid), entry, from: min(pod.started ?? end, end))
                release(address, .pod(pod.uid), at: end, now)
            }
        }
    }

    /// Takes word that the pod `uid` is gone.
    public mutating func removePod(_ uid: String, at now: Moment) {
        guard let entry = inventory.pods[uid], entry.isPresent else { return }
        for address in entry.pod.ownAddresses { release(address, .pod(uid), at: now.wall, now) }
        set(Inventory.PodEntry(entry.pod, isPresent: false), uid)
        gone.append((now.steady, .pod(uid)))
    }

    private mutating func set(_ entry: Inventory.PodEntry?, _ uid: String) {
        let staticUIDs = Set([inventory.pods[uid], entry].compactMap { $0?.pod.staticUID })
        inventory.pods[uid] = entry
        inventory.changes.note(.pod(uid))
        for staticUID in staticUIDs where !staticUID.isEmpty { inventory.changes.note(.pod(staticUID)) }
    }

    /// Takes a ReplicaSet or a Job that is new or has changed.
    public mutating func put(_ controller: ClusterController) {
        set(controller, controller.uid)
    }

    private mutating func set(_ controller: ClusterController?, _ uid: String) {
        if inventory.controllers[uid] == controller { return }
        inventory.controllers[uid] = controller
        inventory.changes.note(.controller(uid))
    }

    /// Takes word that the ReplicaSet or Job `uid` is gone.
    public mutating func removeController(_ uid: String, at now: Moment) {
        guard inventory.controllers[uid] != nil else { return }
        gone.append((now.steady, .controller(uid)))
    }

    // MARK: Nodes

    /// Takes a node that is new or has changed.
    public mutating func put(_ node: ClusterNode, at now: Moment) {
        let entry = inventory.nodes[node.name]
        let held = entry.map { $0.isPresent ? $0.node.addresses : [] } ?? []
        let holds = node.addresses.filter(\.identifiesOneHost)
        var kept = node
        kept.addresses = holds
        set(Inventory.NodeEntry(kept, isPresent: true), node.name)
        for address in held where !holds.contains(address) { release(address, .node(node.name), at: now.wall, now) }
        // When a node got its address is not said. Batches from before the inventory was made ask for it, too.
        let start = entry == nil ? .min : now.wall
        for address in holds where !held.contains(address) { claim(address, .node(node.name), from: start) }
    }

    /// Takes word that the node `name` is gone.
    public mutating func removeNode(_ name: String, at now: Moment) {
        guard let entry = inventory.nodes[name], entry.isPresent else { return }
        for address in entry.node.addresses { release(address, .node(name), at: now.wall, now) }
        set(Inventory.NodeEntry(entry.node, isPresent: false), name)
        gone.append((now.steady, .node(name)))
    }

    private mutating func set(_ entry: Inventory.NodeEntry?, _ name: String) {
        let old = inventory.nodes[name]?.node.place
        inventory.nodes[name] = entry
        // A node tells every few seconds that it is there.
        if old != entry?.node.place { inventory.changes.note(.node(name)) }
    }

    // MARK: Services

    /// Takes a service that is new or has changed.
    public mutating func put(_ service: ClusterService, at now: Moment) {
        let old = inventory.services[service.id]
        var kept = service
        kept.addresses = service.addresses.filter(\.identifiesOneHost)
        inventory.services[service.id] = kept
        if old != kept { inventory.changes.note(.service(service.id)) }
        for port in old?.nodePorts ?? [] where !service.nodePorts.contains(port) { freeNodePort(port, of: service.id) }
        for port in service.nodePorts where inventory.servicesByNodePort[port] != service.id {
            inventory.servicesByNodePort[port] = service.id
            inventory.changes.note(.nodePort(port))
        }
        move(from: old?.addresses ?? [], to: kept.addresses, .service(service.id), isNew: old == nil, now)
    }

    /// Takes word that a service is gone.
    public mutating func removeService(_ id: ClusterService.Name, at now: Moment) {
        guard let old = inventory.services.removeValue(forKey: id) else { return }
        inventory.changes.note(.service(id))
        for port in old.nodePorts { freeNodePort(port, of: id) }
        move(from: old.addresses, to: [], .service(id), isNew: false, now)
    }

    private mutating func freeNodePort(_ port: ClusterService.Port, of id: ClusterService.Name) {
        guard inventory.servicesByNodePort[port] == id else { return }
        inventory.servicesByNodePort[port] = nil
        inventory.changes.note(.nodePort(port))
    }

    /// Takes a part of a service's endpoints that is new or has changed.
    public mutating func put(_ slice: ClusterEndpoints, at now: Moment) {
        let old = replace(slice.uid, by: slice)
        let holds = slice.addressesOfNoPod
        move(
            from: old?.addressesOfNoPod ?? [],
            to: holds,
            .endpoint(slice.service),
            isNew: old == nil,
            now
        )
    }

    /// Takes word that a part of a service's endpoints is gone.
    public mutating func removeEndpoints(_ uid: String, at now: Moment) {
        guard let old = replace(uid, by: nil) else { return }
        move(from: old.addressesOfNoPod, to: [], .endpoint(old.service), isNew: false, now)
    }

    private mutating func replace(_ uid: String, by slice: ClusterEndpoints?) -> ClusterEndpoints? {
        let old = inventory.slices[uid]
        note(from: old, to: slice)
        for address in old?.endpoints.flatMap(\.addresses) ?? [] {
            inventory.slicesByAddress[address]?.remove(uid)
            if inventory.slicesByAddress[address]?.isEmpty == true { inventory.slicesByAddress[address] = nil }
        }
        if let old, old.service != slice?.service {
            inventory.slicesByService[old.service]?.remove(uid)
            if inventory.slicesByService[old.service]?.isEmpty == true { inventory.slicesByService[old.service] = nil }
        }
        inventory.slices[uid] = slice
        guard let slice else { return old }
        inventory.slicesByService[slice.service, default: []].insert(uid)
        for address in slice.endpoints.flatMap(\.addresses) {
            inventory.slicesByAddress[address, default: []].insert(uid)
        }
        return old
    }

    /// Notes which services and addresses a change of endpoints concerns.
    private mutating func note(from old: ClusterEndpoints?, to new: ClusterEndpoints?) {
        for service in Set([old?.service, new?.service]) { service.map { inventory.changes.note(.service($0)) } }
        let (before, after) = (Set(old?.endpoints ?? []), Set(new?.endpoints ?? []))
        // A large service changes one endpoint at a time.
        let isAsBefore = old?.service == new?.service && old?.ports == new?.ports
        let changed = isAsBefore ? before.symmetricDifference(after) : before.union(after)
        for address in Set(changed.flatMap(\.addresses)) { inventory.changes.note(.address(address)) }
    }

    // MARK: Addresses

    private mutating func move(
        from held: [IPAddress],
        to holds: [IPAddress],
        _ holder: Claim.Holder,
        isNew: Bool,
        _ now: Moment
    ) {
        for address in held where !holds.contains(address) { release(address, holder, at: now.wall, now) }
        for address in holds where !held.contains(address) { claim(address, holder, from: isNew ? .min : now.wall) }
    }

    private mutating func claim(
        _ address: IPAddress,
        _ holder: Claim.Holder,
        _ pod: Inventory.PodEntry? = nil,
        from start: Int64
    ) {
        inventory.claims[address, default: []].insert(Claim(holder: holder, pod: pod, start: start, end: .max))
        if case .pod = holder { inventory.podBlocks.insert(address.podBlock) }
        inventory.changes.note(.address(address))
    }

    private mutating func release(_ address: IPAddress, _ holder: Claim.Holder, at time: Int64, _ now: Moment) {
        inventory.claims[address]?.end(holder, at: time)
        inventory.changes.note(.address(address))
        gone.append((now.steady, .claim(address)))
    }

    /// Forgets what has been gone since before `steady`, a time of the steady clock.
    public mutating func forget(before steady: Int64) {
        while forgotten < gone.count, gone[forgotten].since < steady {
            switch gone[forgotten].what {
            case .pod(let uid):
                guard let entry = inventory.pods[uid], !entry.isPresent else { break }
                set(nil as Inventory.PodEntry?, uid)
                if inventory.staticPods[entry.pod.staticUID] == uid { inventory.staticPods[entry.pod.staticUID] = nil }
            case .node(let name):
                if inventory.nodes[name]?.isPresent == false { set(nil as Inventory.NodeEntry?, name) }
            case .controller(let uid):
                set(nil as ClusterController?, uid)
            case .claim(let address):
                // One word for each claim that ended, in the order of their ends.
                guard var claims = inventory.claims[address], let oldest = claims.map(\.end).min(), oldest != .max
                else { break }
                if let index = claims.firstIndex(where: { $0.end == oldest }) { claims.remove(at: index) }
                inventory.claims[address] = claims.isEmpty ? nil : claims
                inventory.changes.note(.address(address))
            }
            forgotten += 1
        }
        guard forgotten > 1024, forgotten * 2 > gone.count else { return }
        gone.removeFirst(forgotten)
        forgotten = 0
    }
}

extension ClusterEndpoints {
    fileprivate var addressesOfNoPod: [IPAddress] {
        endpoints.lazy.filter(\.podUID.isEmpty).flatMap(\.addresses).filter(\.identifiesOneHost)
    }
}
