// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import Synchronization
import TestSupport
import Traffic

extension ProxyLab {
    /// Exchanges of each leg and backend: connections, or datagrams and their answers.
    static let exchanges = 4

    /// Fills the API with what runs here.
    func putObjects() {
        for node in ["node-a", "node-b"] {
            let host = host(node)
            cluster.put(
                .node(node, zone: ClusterLab.zones[node], region: "here", internalIPs: ["\(host.v4)", "\(host.v6)"])
            )
        }
        for (name, node, network) in Self.pods {
            let host = host(network)
            cluster.put(
                .pod(
                    name,
                    namespace: "shop",
                    uid: ClusterLab.uid(name),
                    node: node,
                    ips: ["\(host.v4)", "\(host.v6)"],
                    isHostNetwork: network == node
                )
            )
        }
        let ports = legs.enumerated()
            .map { number, leg -> (name: String, transport: String, port: Int, nodePort: Int?) in
                let hasNodePort = [.ownNodePort, .otherNodePort].contains(leg.way)
                return (
                    "p\(number)", leg.ipProtocol == .tcp ? "TCP" : "UDP", Int(Self.servicePort(number)),
                    hasNodePort ? Int(Self.nodePort(number)) : nil
                )
            }
        let addresses = [false, true]
            .map { "\(Self.clusterIP(Leg(way: .clusterIP, isIPv6: $0)))" }
        cluster.put(
            .service(
                "cart",
                namespace: "shop",
                type: "NodePort",
                clusterIPs: addresses,
                externalIPs: ["\(Self.external)"],
                ports: ports
            ),
            .service("cart-pods", namespace: "shop"),
            .service("dns", namespace: "shop", clusterIPs: ["\(Self.dns)"], ports: [("dns", "UDP", 53, nil)]),
            .service("empty", namespace: "shop", clusterIPs: ["\(Self.empty)"], ports: [("p", "UDP", 80, nil)])
        )
        for service in ["cart", "cart-pods"] {
            for isIPv6 in [false, true] {
                cluster.put(
                    .endpointSlice(
                        service + (isIPv6 ? "-v6" : "-v4"),
                        namespace: "shop",
                        service: service,
                        addressType: isIPv6 ? "IPv6" : "IPv4",
                        endpoints: [("cart-0", "node-a"), ("cart-1", "node-b")]
                            .map { name, node in
                                let host = host(name)
                                return (
                                    "\(isIPv6 ? host.v6 : host.v4)", ClusterLab.uid(name), node, ClusterLab.zones[node]
                                )
                            },
                        ports: legs.indices.filter { legs[$0].isIPv6 == isIPv6 }
                            .map { ("p\($0)", legs[$0].ipProtocol == .tcp ? "TCP" : "UDP", Int(Self.targetPort($0))) }
                    )
                )
            }
        }
    }

    /// Starts classifier and agents; that of node-a is in its node's network, as it must be to resolve services.
    ///
    /// - Returns: The way from there to the classifier, which must be kept as long as it is used.
    func start(kubeconfig: String) async throws -> FaultyLink {
        try await deployment.startClassifier(kubernetes: kubeconfig, cluster: "lab")
        let nodeA = host("node-a")
        let link = try FaultyLink(to: deployment.classifierURL, SeededRandom(), from: nodeA)
        let services = (Self.blocks.map { "\($0)" } + ["\(Self.external)", "\(nodeA.v4)"]).joined(separator: ",")
        for (node, url, words, flags) in [
            ("node-a", link.url, ["nsenter", "--net=/run/netns/" + nodeA.namespace], ["--service-cidr", services]),
            ("node-b", deployment.classifierURL, [], []),
        ] {
            let command =
                words + [
                    try BuiltProduct.path("netledger-agent"), "--classifier", url, "--cluster", "lab", "--node", node,
                    "--listen", "127.0.0.1:\(try LoopbackPort.free())", "--cgroup-root", cgroupRoot + "/" + node,
                    "--interval", "250ms", "--shutdown-timeout", "60s",
                ] + flags
            let process = try deployment.start(command, log: "agent-\(node).log")
            agents.withLock { $0.append(process) }
            try await process.waitForLine(containing: "Attached to the kernel")
        }
        return link
    }

    /// Stops the agents as an operator does: they drain and upload what is left.
    func stopAgents() async throws {
        let running = agents.withLock { agents in
            defer { agents = [] }
            return agents
        }
        for agent in running { agent.signal(SIGTERM) }
        for agent in running { try await agent.waitForSuccess() }
    }

    // MARK: Traffic

    /// Moves the bytes of all legs, asks for a name, and sends a datagram to the service without endpoints.
    func run() async throws {
        try await withThrowingTaskGroup { group in
            for number in legs.indices { group.addTask { try await self.run(leg: number) } }
            group.addTask {
                let server = try self.generator(
                    "dns-x",
                    ["serve", "--udp", "53", "--bind", "\(Self.dns)", "--exchanges", "6"]
                )
                try await server.waitForLine(containing: "ready")
                try await self.generator(
                    "web",
                    [
                        "send", "--udp", "--to", "\(Self.dns):53", "--bytes", "40", "--reply-bytes", "90", "--sockets",
                        "3",
                        "--requests", "2",
                    ]
                )
                .waitForSuccess()
                try await server.waitForSuccess()
            }
            try await group.waitForAll()
        }
        let command = ["bash", "-c", "echo lost >/dev/udp/\(Self.empty)/80"]
        try Shell.run(groups["web"]?.entering(host("web").command(command)) ?? command)
    }

    private func run(leg number: Int) async throws {
        let leg = legs[number]
        let flag = leg.ipProtocol == .tcp ? "--tcp" : "--udp"
        let backends = leg.way == .headless ? ["cart-1"] : ["cart-0", "cart-1"]
        // Each backend takes its turn with half of the connections, or of the sockets.
        let servers = try backends.map { name in
            let host = host(name)
            let address = leg.isIPv6 ? host.v6 : host.v4
            return try generator(
                name,
                [
                    "serve", flag, "\(Self.targetPort(number))", "--bind", "\(address)",
                    "--exchanges", "\(Self.exchanges)",
                ]
            )
        }
        for server in servers { try await server.waitForLine(containing: "ready") }
        let target = target(number)
        let shape =
            leg.ipProtocol == .tcp
            ? ["--connections", "\(Self.exchanges * backends.count)", "--chunk", "8192"]
            : ["--sockets", "\(Self.exchanges * backends.count / 2)", "--requests", "2", "--unconnected"]
        let text = leg.isIPv6 ? "[\(target.address)]:\(target.port)" : "\(target.address):\(target.port)"
        try await generator(
            leg.client,
            ["send", flag, "--to", text, "--bytes", "\(500 + number)", "--reply-bytes", "\(1200 + number)"] + shape
        )
        .waitForSuccess()
        for server in servers { try await server.waitForSuccess() }
    }

    private func generator(_ pod: String, _ words: [String]) throws -> ChildProcess {
        let host = host(Self.host(of: pod))
        let command = host.command([try BuiltProduct.path("TrafficGenerator")] + words)
        return try ChildProcess(
            groups[pod]?.entering(command) ?? command,
            outputPath: deployment.folder.file(UUID().uuidString + ".log")
        )
    }

    // MARK: The truth

    /// What the client of a leg and one backend exchanged, as the client sees it.
    struct Exchanged {
        var leg: Leg
        var backend: String
        var counters: FlowCounters
    }

    /// What each client exchanged with each backend: what arrived at the backend was sent, and what arrived at the node
    /// that translates, or at the client where nobody does, was received.
    func truth() throws -> [Exchanged] {
        let arrivals = try ["node-a", "node-b"]
            .reduce(into: [String: [String: PacketCount]]()) { $0[$1] = try self.arrivals(at: $1) }
        let readings = try filters.mapValues { try $0.read().input }
        var truth: [Exchanged] = []
        for (number, leg) in legs.enumerated() {
            let seen = host(Self.source(of: leg))
            let port = Self.targetPort(number)
            for backend in ["cart-0", "cart-1"] {
                let (far, near) = (host(backend), leg.isIPv6 ? seen.v6 : seen.v4)
                let sent = readings[backend]?[.init(leg.ipProtocol, remote: near, servicePort: port)]
                let address = leg.isIPv6 ? far.v6 : far.v4
                let received =
                    leg.way == .headless
                    ? readings["web"]?[.init(leg.ipProtocol, remote: address, servicePort: port)]
                    : arrivals[leg.way == .otherNodePort ? "node-b" : "node-a"]?["from_\(backend.suffix(1))_\(number)"]
                let counters = FlowCounters(sent: sent ?? .zero, received: received ?? .zero)
                if !counters.isZero { truth.append(Exchanged(leg: leg, backend: backend, counters: counters)) }
            }
        }
        return truth
    }

    /// What `web` exchanged with the service for names.
    func names() throws -> FlowCounters {
        let asked = try filters["node-a"]?.read().input[.init(.udp, remote: host("web").v4, servicePort: 53)]
        let answered = try filters["web"]?.read().input[.init(.udp, remote: Self.dns, servicePort: 53)]
        return FlowCounters(sent: asked ?? .zero, received: answered ?? .zero)
    }

    private func arrivals(at node: String) throws -> [String: PacketCount] {
        let command = ["nft", "-j", "list", "counters", "table", "inet", "netledger_arrivals"]
        let text = try Shell.run(host(node).command(command))
        return try JSONDecoder().decode(Listing.self, from: Data(text.utf8)).nftables.compactMap(\.counter)
            .reduce(into: [:]) { $0[$1.name] = PacketCount(bytes: $1.bytes, packets: $1.packets) }
    }
}

/// The part of `nft -j list counters` that is read.
private struct Listing: Decodable {
    struct Item: Decodable {
        var counter: Counter?
    }

    struct Counter: Decodable {
        var name: String
        var packets: UInt64
        var bytes: UInt64
    }

    var nftables: [Item]
}
