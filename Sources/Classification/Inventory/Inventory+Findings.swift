// SPDX-License-Identifier: Apache-2.0

import HashTreeCollections
public import Traffic

extension Inventory {
    /// An address that two pods or more claim at the same time.
    public struct AddressConflict: Hashable, Sendable {
        /// The address.
        public var address: IPAddress
        /// The pods, as `namespace/name`, sorted.
        public var pods: [String]
    }

    /// How many objects are known, those that are gone and remembered included.
    public struct Counts: Hashable, Sendable {
        /// Pods.
        public var pods: Int
        /// Nodes.
        public var nodes: Int
        /// Services.
        public var services: Int
        /// Parts of the services' endpoints.
        public var endpointSlices: Int
        /// ReplicaSets and Jobs.
        public var controllers: Int
        /// Addresses that somebody has or had.
        public var addresses: Int
    }

    /// How many objects are known.
    public var counts: Counts {
        Counts(
            pods: pods.count,
            nodes: nodes.count,
            services: services.count,
            endpointSlices: slices.count,
            controllers: controllers.count,
            addresses: claims.count
        )
    }

    /// Names of the nodes of which no label says the zone, sorted.
    ///
    /// Looks at every node.
    public var nodesWithoutZone: [String] {
        nodes.values.filter { $0.isPresent && $0.node.place.zone == nil }.map(\.node.name).sorted()
    }

    /// Pods in the network of their node that have not ended, as `namespace/name`, sorted.
    ///
    /// Looks at every pod.
    public var podsInNodesNetworks: [String] {
        pods.values.filter { $0.isPresent && $0.pod.isHostNetwork && !$0.pod.isFinished }
            .map { "\($0.pod.namespace)/\($0.pod.name)" }.sorted()
    }

    /// Pods that their node accepted more than a minute ago and that have no address, as `namespace/name`, sorted.
    ///
    /// Looks at every pod.
    ///
    /// - Parameter now: nanoseconds since 1970-01-01T00:00:00Z.
    public func podsWithoutAddress(at now: Int64) -> [String] {
        pods.values
            .filter { entry in
                guard entry.isPresent, !entry.pod.isFinished, let started = entry.pod.started else { return false }
                return entry.pod.addresses.isEmpty && now - started > 60 * 1_000_000_000
            }
            .map { "\($0.pod.namespace)/\($0.pod.name)" }.sorted()
    }

    /// Addresses that two pods or more have claimed for longer than word of an end takes; looks at every address.
    ///
    /// - Parameter now: nanoseconds since 1970-01-01T00:00:00Z.
    public func addressConflicts(at now: Int64) -> [AddressConflict] {
        var conflicts: [AddressConflict] = []
        for (address, claims) in claims where claims.count > 1 {
            let pods = claims.compactMap { claim -> String? in
                guard case .pod(let uid) = claim.holder, claim.isOpen, now - claim.start > Self.toleratedOverlap,
                    let pod = pod(uid)
                else { return nil }
                return "\(pod.namespace)/\(pod.name)"
            }
            if pods.count > 1 { conflicts.append(AddressConflict(address: address, pods: pods.sorted())) }
        }
        return conflicts.sorted { $0.address < $1.address }
    }
}
