// SPDX-License-Identifier: Apache-2.0
import Classification
import TestSupport
import Traffic

/// A small cluster, its configuration and its nodes' batches, all of which change from batch to batch; few addresses and
/// names, so that everything is used again by another.
struct ChangingWorld {
    var random: SeededRandom
    private var builder = InventoryBuilder()
    /// Seconds.
    private var now: Int64 = 100_000
    private var rulebook = Rulebook(NetworkPlan())
    /// The inventories of the last batches.
    private var earlier: [Inventory] = []

    private static let addresses = (1...12).map { IPAddress(v4: 0x0a00_0000 + UInt32($0)) }
    private static let ports = [53, 443, 30_000].map { ClusterService.Port(.tcp, $0) }

    init(_ random: SeededRandom) {
        self.random = random
        for _ in 0..<60 { change() }
    }

    /// Some changes, and then a batch with what it is to be classified by.
    mutating func next() -> (FlowBatch, Rulebook, Inventory?) {
        for _ in 0..<[0, 0, 1, 3, 20][pick(5)] { change() }
        if pick(20) == 0 { changeRules() }
        now += Int64([0, 5, 5, 5, 70, 130, 4_000][pick(7)])
        if pick(40) == 0 {
            // Another cluster altogether.
            builder = InventoryBuilder()
            for _ in 0..<40 { change() }
        }
        var inventory = builder.inventory
        inventory.isComplete = pick(10) > 0
        earlier.append(inventory)
        if earlier.count > 5 { earlier.removeFirst() }
        // A batch may have waited with what was known then.
        if pick(15) == 0 { inventory = earlier[pick(earlier.count)] }
        return (batch(), rulebook, pick(25) == 0 ? nil : inventory)
    }

    private mutating func pick(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    private var moment: InventoryBuilder.Moment {
        .init(wall: now * 1_000_000_000, steady: now * 1_000_000_000)
    }

    private mutating func batch() -> FlowBatch {
        let owners = (0..<6)
            .map { _ -> Owner in
                if pick(5) == 0 { return .unit("u\(pick(2)).service") }
                let uid = ["p", "static"][pick(6) / 5] + "\(pick(8))"
                return Owner(kind: .pod, cgroupID: UInt64(pick(9)), namespace: "", pod: uid, podUID: uid)
            }
        let flows = (0..<60)
            .map { _ -> Flow in
                let remote = pick(4) == 0 ? IPAddress(v4: 0x0800_0000 + UInt32(pick(4))) : Self.addresses[pick(12)]
                let port = Self.ports[pick(3)]
                return Flow(
                    owner: pick(6),
                    remote: remote,
                    servicePort: port.number,
                    ipProtocol: port.ipProtocol,
                    initiator: Initiator.allCases[pick(3)],
                    viaLoopback: pick(10) == 0,
                    service: pick(3) == 0 ? ServiceResolution.allCases[pick(4)] : .none,
                    counters: FlowCounters(egressBytes: UInt64(pick(9)), ingressPackets: UInt64(pick(3)))
                )
            }
        // Some come late, and some from clocks that are ahead.
        let start = (now + Int64([0, 0, 0, 0, -5, -60, -200, -5_000, 90][pick(9)])) * 1_000_000_000
        return FlowBatch(
            source: BatchSource(cluster: "c", node: "node-\(pick(4))", bootID: 1),
            sequence: 1,
            interval: Interval(start: start, end: start + Int64([1, 5, 30][pick(3)]) * 1_000_000_000),
            region: "r",
            zone: ["", "z1"][pick(8) / 7],
            owners: owners,
            flows: flows
        )
    }

    private mutating func change() {
        let at = moment
        switch pick(20) {
        case 0: builder.put(node(), at: at)
        case 1: builder.removeNode("node-\(pick(3))", at: at)
        case 2, 3: builder.put(controller())
        case 4: builder.removeController("rs\(pick(3))", at: at)
        case 5, 6, 7: builder.removePod("p\(pick(8))", at: at)
        case 8: builder.put(service(), at: at)
        case 9: builder.removeService(.init(namespace: "n", name: "s\(pick(3))"), at: at)
        case 10, 11: builder.put(slice(), at: at)
        case 12: builder.removeEndpoints("slice\(pick(4))", at: at)
        case 13: builder.forget(before: (now - Int64(pick(4_000))) * 1_000_000_000)
        default: builder.put(pod(), at: at)
        }
    }

    private mutating func node() -> ClusterNode {
        ClusterNode(
            name: "node-\(pick(3))",
            place: pick(4) == 0 ? .unknown : Place(region: "r", zone: "z\(pick(3))"),
            addresses: [Self.addresses[8 + pick(3)]]
        )
    }

    private mutating func controller() -> ClusterController {
        ClusterController(
            uid: "rs\(pick(3))",
            controller: pick(3) == 0 ? nil : .init(kind: "Deployment", name: "d\(pick(2))", uid: "d")
        )
    }

    private mutating func pod() -> ClusterPod {
        let number = pick(8)
        // What a UID stands for never changes: name, namespace, and the name of a controller.
        let set = pick(2) * 2 + number % 2
        let kind = ["ReplicaSet", "Job", "StatefulSet", "Node"][set]
        return ClusterPod(
            uid: "p\(number)",
            staticUID: kind == "Node" ? "static\(number)" : "",
            namespace: "n\(number % 2)",
            name: "pod-\(number)",
            node: pick(8) == 0 ? "" : "node-\(pick(3))",
            isHostNetwork: pick(8) == 0,
            addresses: pick(8) == 0 ? [] : [Self.addresses[pick(10)]],
            controller: pick(5) == 0 ? nil : .init(kind: kind, name: "set-\(set)", uid: "rs\(set)"),
            started: pick(3) == 0 ? nil : (now - Int64(pick(300))) * 1_000_000_000,
            isFinished: pick(8) == 0
        )
    }

    private mutating func service() -> ClusterService {
        ClusterService(
            .init(namespace: "n", name: "s\(pick(3))"),
            addresses: [Self.addresses[9 + pick(3)]],
            ports: [Self.ports[pick(3)]],
            nodePorts: pick(3) == 0 ? [Self.ports[pick(3)]] : []
        )
    }

    private mutating func slice() -> ClusterEndpoints {
        ClusterEndpoints(
            uid: "slice\(pick(4))",
            service: .init(namespace: "n", name: "s\(pick(3))"),
            endpoints: (0..<pick(4))
                .map { _ in
                    .init(
                        addresses: [Self.addresses[pick(12)]],
                        podUID: pick(4) == 0 ? "" : "p\(pick(8))",
                        node: pick(3) == 0 ? "" : "node-\(pick(3))",
                        zone: "z\(pick(2))",
                        isReady: pick(3) > 0
                    )
                },
            ports: [Self.ports[pick(3)]]
        )
    }

    private mutating func changeRules() {
        func blocks(_ texts: String...) -> [CIDR] { texts.compactMap { CIDR($0) } }
        let lists = Destinations(
            internet: pick(3) == 0 ? blocks("10.0.0.11/32") : [],
            crossRegion: pick(3) == 0 ? blocks("10.0.0.0/30") : []
        )
        let networks = pick(2) == 0 ? [Network(name: "office-\(pick(2))", blocks: blocks("8.0.0.0/31"))] : []
        let byNode = RouteRule(nodes: .init(names: [NamePattern("node-1")]), route: .direct)
        let feeds = (0..<pick(3))
            .map { number in
                FeedSnapshot(
                    feed: "aws",
                    edition: "\(number)",
                    validFrom: (now + Int64(pick(3) - 1) * 3_000) * 1_000_000_000,
                    labels: [.init(name: "s3-\(number)", region: "r", rank: 0)],
                    entries: blocks("8.0.0.0/30").map { .init(block: $0, label: 0) }
                )
            }
        rulebook = Rulebook(
            NetworkPlan(destinations: lists, networks: networks, routes: pick(4) == 0 ? [byNode] : []),
            feeds: feeds
        )
    }
}
