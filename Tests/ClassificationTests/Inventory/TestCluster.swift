// SPDX-License-Identifier: Apache-2.0
import Classification
import Traffic

/// The address that `text` stands for.
func ip(_ text: String) -> IPAddress {
    IPAddress(text) ?? IPAddress(bits: 0)
}

/// A cluster as tests build it: times are in seconds, and both clocks agree.
struct TestCluster {
    var builder = InventoryBuilder()
    /// Seconds since 1970.
    var now: Int64 = 10

    var moment: InventoryBuilder.Moment {
        .init(wall: now * 1_000_000_000, steady: now * 1_000_000_000)
    }

    mutating func node(_ name: String, region: String = "here", zone: String?, _ addresses: [String] = []) {
        let place = zone == nil ? Place.unknown : Place(region: region, zone: zone)
        builder.put(ClusterNode(name: name, place: place, addresses: addresses.map(ip)), at: moment)
    }

    mutating func pod(
        _ uid: String,
        _ name: String,
        node: String = "n1",
        _ addresses: [String],
        isHostNetwork: Bool = false,
        controller: ClusterController.Reference? = nil,
        started: Int64? = nil,
        finished: Int64? = nil
    ) {
        let pod = ClusterPod(
            uid: uid,
            namespace: "shop",
            name: name,
            node: node,
            isHostNetwork: isHostNetwork,
            addresses: addresses.map(ip),
            controller: controller,
            started: started.map { $0 * 1_000_000_000 },
            isFinished: finished != nil,
            finished: finished.map { $0 * 1_000_000_000 }
        )
        builder.put(pod, at: moment)
    }

    mutating func service(_ name: String, _ addresses: [String], ports: [UInt16] = [], nodePorts: [UInt16] = []) {
        let service = ClusterService(
            .init(namespace: "shop", name: name),
            addresses: addresses.map(ip),
            ports: ports.map { .init(.tcp, $0) },
            nodePorts: nodePorts.map { .init(.tcp, $0) }
        )
        builder.put(service, at: moment)
    }

    mutating func endpoints(
        _ uid: String,
        of service: String,
        _ endpoints: [ClusterEndpoints.Endpoint],
        _ ports: [UInt16] = [80]
    ) {
        let slice = ClusterEndpoints(
            uid: uid,
            service: .init(namespace: "shop", name: service),
            endpoints: endpoints,
            ports: ports.map { .init(.tcp, $0) }
        )
        builder.put(slice, at: moment)
    }

    /// The peer at an address in the second at `time`, for node n1 in zone a.
    func peer(
        _ address: String,
        port: UInt16? = nil,
        at time: Int64,
        node: String = "n1",
        place: Place = Place(region: "here", zone: "a")
    ) -> ClusterPeer? {
        builder.inventory.peer(
            at: ip(address),
            port: port.map { .init(.tcp, $0) },
            during: Interval(start: time * 1_000_000_000, end: (time + 5) * 1_000_000_000),
            from: Vantage(cluster: "c", node: node, place: place)
        )
    }
}
