// SPDX-License-Identifier: Apache-2.0
import Classification
import Traffic

/// A cluster of 10,000 pods on 50 nodes in three zones, and the batches of its nodes; the same at every run.
///
/// Four pods make a Deployment, and every Deployment has a service. Names are as long as they usually are.
struct Cluster {
    static let nodes = 50
    static let podsOnNode = 200
    static let replicas = 4
    static let records = 2_000
    private static let groups = 250
    private static let ports: [UInt16] = [53, 80, 443, 443, 443, 5432, 6379, 8080, 9090, 9092]

    /// What the classifier knows of it.
    let inventory: Inventory

    init() {
        var builder = InventoryBuilder()
        let moment = InventoryBuilder.Moment(wall: 0, steady: 0)
        for number in 0..<Self.nodes {
            let place = Place(region: "eu-west-1", zone: "eu-west-1\(["a", "b", "c"][number % 3])")
            builder.put(
                ClusterNode(name: Self.node(number), place: place, addresses: [Self.address(ofNode: number)]),
                at: moment
            )
        }
        for deployment in 0..<Self.nodes * Self.podsOnNode / Self.replicas {
            Self.put(deployment, into: &builder, at: moment)
        }
        builder.markComplete()
        inventory = builder.inventory
    }

    /// `count` batches of 2,000 records of one byte, each of another node: from 200 pods to 1,000 addresses.
    ///
    /// The addresses come in groups of four. Of 25 groups 14 are the pods of a Deployment, one is services and one is
    /// nodes; nine are outside, half of them in the prefixes of `mix`. A pod has ten records, with groups of its own,
    /// and records stand in no order, as in the kernel's map.
    func batches(_ count: Int, outside mix: AddressMix) -> [FlowBatch] {
        var random = RepeatableNumbers(seed: 3)
        let outside = mix.addresses(count * Self.groups * Self.replicas)
        return (0..<count)
            .map { number in
                let groups = (0..<Self.groups)
                    .map { group in
                        let first = (number * Self.groups + group) * Self.replicas
                        return Self.group(group, outside: outside[first..<first + Self.replicas], &random)
                    }
                let flows = (0..<Self.podsOnNode).flatMap { Self.flows(of: $0, with: groups, &random) }
                let node = number % Self.nodes
                return FlowBatch(
                    source: BatchSource(cluster: "production", node: Self.node(node), bootID: 1),
                    sequence: UInt64(number + 1),
                    interval: Interval(start: 3_600_000_000_000, end: 3_605_000_000_000),
                    owners: (0..<Self.podsOnNode)
                        .map {
                            // Deployments are dealt out over the nodes.
                            let uid = Self.uid($0 * Self.nodes + node)
                            return Owner(kind: .pod, cgroupID: UInt64($0), namespace: "", pod: uid, podUID: uid)
                        },
                    flows: flows.shuffled(using: &random)
                )
            }
    }

    private static func put(
        _ deployment: Int,
        into builder: inout InventoryBuilder,
        at moment: InventoryBuilder.Moment
    ) {
        let namespace = "team-\(deployment % 100)"
        let name = "checkout-service-\(deployment)"
        let set = ClusterController.Reference(
            kind: "ReplicaSet",
            name: name + "-7f9c6d5b8",
            uid: uid(1 << 40 + deployment)
        )
        builder.put(
            ClusterController(
                uid: set.uid,
                controller: .init(kind: "Deployment", name: name, uid: uid(2 << 40 + deployment))
            )
        )
        var endpoints: [ClusterEndpoints.Endpoint] = []
        for number in deployment * replicas..<(deployment + 1) * replicas {
            let pod = ClusterPod(
                uid: uid(number),
                namespace: namespace,
                name: set.name + "-" + String(0x100_0000 + number, radix: 36),
                node: node(number % nodes),
                addresses: [address(ofPod: number)],
                controller: set,
                started: 0
            )
            builder.put(pod, at: moment)
            endpoints.append(.init(addresses: pod.addresses, podUID: pod.uid, node: pod.node))
        }
        let service = ClusterService.Name(namespace: namespace, name: name)
        let port = ClusterService.Port(.tcp, 443)
        builder.put(ClusterService(service, addresses: [address(ofService: deployment)], ports: [port]), at: moment)
        builder.put(
            ClusterEndpoints(uid: uid(3 << 40 + deployment), service: service, endpoints: endpoints, ports: [port]),
            at: moment
        )
    }

    private static func group(
        _ number: Int,
        outside: ArraySlice<IPAddress>,
        _ random: inout RepeatableNumbers
    ) -> [IPAddress] {
        let deployments = nodes * podsOnNode / replicas
        switch number % 25 {
        case 0..<14:
            let first = Int.random(in: 0..<deployments, using: &random) * replicas
            return (0..<replicas).map { address(ofPod: first + $0) }
        case 14: return (0..<replicas).map { _ in address(ofService: .random(in: 0..<deployments, using: &random)) }
        case 15: return (0..<replicas).map { _ in address(ofNode: .random(in: 0..<nodes, using: &random)) }
        default: return Array(outside)
        }
    }

    private static func flows(
        of pod: Int,
        with groups: [[IPAddress]],
        _ random: inout RepeatableNumbers
    ) -> [Flow] {
        var flows: [Flow] = []
        while flows.count < records / podsOnNode {
            let dice = Int.random(in: 0..<20, using: &random)
            let port = ports[.random(in: ports.indices, using: &random)]
            for remote in groups[.random(in: groups.indices, using: &random)] {
                flows.append(
                    Flow(
                        owner: pod,
                        remote: remote,
                        servicePort: port,
                        ipProtocol: dice % 10 == 0 ? .udp : .tcp,
                        initiator: dice == 0 ? .unknown : dice < 8 ? .remote : .pod,
                        counters: FlowCounters(egressBytes: 1)
                    )
                )
            }
        }
        return Array(flows.prefix(records / podsOnNode))
    }

    private static func node(_ number: Int) -> String { "ip-10-0-\(number)-1.eu-west-1.compute.internal" }
    private static func uid(_ number: Int) -> String {
        "3f2b8c1e-5d4a-4e6f-9a7b-" + String(0x1000_0000_0000 + number, radix: 16)
    }

    private static func address(ofNode number: Int) -> IPAddress { IPAddress(v4: 0x0a00_0001 + UInt32(number) << 8) }
    private static func address(ofService number: Int) -> IPAddress { IPAddress(v4: 0xac14_0000 + UInt32(number)) }

    /// One of four pods has an IPv6 address.
    private static func address(ofPod number: Int) -> IPAddress {
        number / replicas % 4 == 0
            ? IPAddress(bits: 0xfd00_0001 << 96 + UInt128(number) << 16 + 1)
            : IPAddress(v4: 0x0a80_0000 + UInt32(number))
    }
}
