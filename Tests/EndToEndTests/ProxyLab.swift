// SPDX-License-Identifier: Apache-2.0
import FakeCluster
import Foundation
import Synchronization
import TestSupport
import Traffic

/// A cluster of two nodes that translate service addresses as kube-proxy does, pods on them, and what the packet filters
/// saw between each client and each backend.
///
/// ```
/// web ── node-a ──┬── cart-0 (on node-a)         node-a also holds the address of the service dns, and runs two pods
///                 └── cart-1 (on node-b) ── node-b     in its own network: tool asks, dns-x answers
/// ```
final class ProxyLab: Sendable {
    /// One thing that a client asks a service for.
    struct Leg: Hashable, Sendable {
        /// How the client reaches the pods.
        enum Way: Hashable, Sendable {
            case clusterIP, ownNodePort, otherNodePort, externalIP, headless
        }

        var way: Way
        var ipProtocol: IPProtocol = .tcp
        var isIPv6 = false
        /// The pod that asks.
        var client = "web"
    }

    /// Blocks of the services' addresses.
    static let blocks = ["10.96.0.0/16", "fd96::/64"].compactMap(CIDR.init)
    /// The address of the service outside of the cluster.
    static let external = IPAddress("198.51.100.7") ?? IPAddress(v4: 0)
    /// The address that node-a holds, of the service `dns`.
    static let dns = IPAddress("10.96.0.10") ?? IPAddress(v4: 0)
    /// The address of a service without endpoints.
    static let empty = IPAddress("10.96.0.66") ?? IPAddress(v4: 0)

    /// The node of each pod, and the host whose network it is in.
    static let pods: [(name: String, node: String, host: String)] = [
        ("web", "node-a", "web"), ("tool", "node-a", "node-a"), ("dns-x", "node-a", "node-a"),
        ("cart-0", "node-a", "cart-0"), ("cart-1", "node-b", "cart-1"),
    ]

    private static let hosts = ["web", "node-a", "cart-0", "cart-1", "node-b"]

    let legs: [Leg]
    let cluster: FakeCluster
    let deployment: Deployment
    /// The cgroup of each pod.
    let groups: [String: CgroupLab.Group]
    /// The cgroup that holds those of both nodes, as a path of the file system.
    let cgroupRoot: String
    /// What each host's packet filter counts.
    let filters: [String: NftCounters]
    /// The agents, once they run.
    let agents = Mutex<[ChildProcess]>([])
    private let network: NetworkLab
    private let cgroups: CgroupLab
    private let balancer = Mutex<SocketBalancer?>(nil)

    /// The cluster, its rules and its routes; nothing runs yet.
    init(_ legs: [Leg], _ mode: ProxyRules.Mode) throws {
        self.legs = legs
        let network = try NetworkLab(Self.hosts)
        let cgroups = try CgroupLab()
        (self.network, self.cgroups) = (network, cgroups)
        cgroupRoot = (CgroupLab.mountPoint ?? "") + cgroups.cgroupPath
        groups = try Dictionary(
            uniqueKeysWithValues: Self.pods.map {
                ($0.name, try cgroups.group($0.node + "/" + ClusterLab.systemd($0.name)))
            }
        )
        cluster = try FakeCluster()
        deployment = try Deployment()
        let hosts = Dictionary(
            uniqueKeysWithValues: zip(Self.hosts, network.hosts)
        )
        var watches: [String: [NftCounters.Watch]] = [:]
        for (number, leg) in legs.enumerated() {
            guard let seen = hosts[Self.source(of: leg)] else { continue }
            for backend in ["cart-0", "cart-1"] {
                let port = Self.targetPort(number)
                watches[backend, default: []]
                    .append(
                        .init(leg.ipProtocol, remote: leg.isIPv6 ? seen.v6 : seen.v4, servicePort: port)
                    )
                guard leg.way == .headless, let host = hosts[backend] else { continue }
                watches[Self.host(of: leg.client), default: []]
                    .append(
                        .init(leg.ipProtocol, remote: leg.isIPv6 ? host.v6 : host.v4, servicePort: port)
                    )
            }
        }
        if let web = hosts["web"] {
            watches["web", default: []].append(.init(.udp, remote: Self.dns, servicePort: 53))
            watches["node-a", default: []].append(.init(.udp, remote: web.v4, servicePort: 53))
        }
        filters = try watches.reduce(into: [:]) { filters, watch in
            guard let host = hosts[watch.key] else { return }
            filters[watch.key] = try NftCounters(in: host, watching: watch.value)
        }
        try makeRoutes()
        for node in ["node-a", "node-b"] {
            try Shell.run(host(node).command(["nft", arrivals]))
            do {
                try rules.install(on: host(node), mode)
            } catch {
                remove()
                throw error
            }
        }
        guard mode == .sockets, let web = groups["web"] else { return }
        let ports = rules.ports.map { SocketBalancer.Port(service: $0.clusterEnd, backends: $0.backends) }
        let balancer = try SocketBalancer(ports, at: web.path)
        self.balancer.withLock { $0 = balancer }
    }

    deinit {
        remove()
    }

    func remove() {
        balancer.withLock { $0 = nil }
        deployment.remove()
        cgroups.remove()
        network.remove()
    }

    /// The namespace of a host.
    func host(_ name: String) -> NetworkLab.Host {
        network.hosts[Self.hosts.firstIndex(of: name) ?? 0]
    }

    /// The host whose network a pod is in.
    static func host(of pod: String) -> String {
        pods.first { $0.name == pod }?.host ?? pod
    }

    /// The host from which the backends see a leg come.
    static func source(of leg: Leg) -> String {
        switch leg.way {
        case .clusterIP, .headless: host(of: leg.client)
        case .ownNodePort, .externalIP: "node-a"
        case .otherNodePort: "node-b"
        }
    }

    static func targetPort(_ leg: Int) -> UInt16 { UInt16(9000 + leg) }
    static func servicePort(_ leg: Int) -> UInt16 { UInt16(8000 + leg) }
    static func nodePort(_ leg: Int) -> UInt16 { UInt16(30_000 + leg) }

    static func clusterIP(_ leg: Leg) -> IPAddress {
        IPAddress(bits: blocks[leg.isIPv6 ? 1 : 0].base.bits + 20)
    }

    /// Where the client of a leg connects to.
    func target(_ number: Int) -> SocketEnd {
        let leg = legs[number]
        func address(_ host: NetworkLab.Host) -> IPAddress { leg.isIPv6 ? host.v6 : host.v4 }
        return switch leg.way {
        case .clusterIP: SocketEnd(address: Self.clusterIP(leg), port: Self.servicePort(number))
        case .externalIP: SocketEnd(address: Self.external, port: Self.servicePort(number))
        case .ownNodePort: SocketEnd(address: address(host("node-a")), port: Self.nodePort(number))
        case .otherNodePort: SocketEnd(address: address(host("node-b")), port: Self.nodePort(number))
        case .headless: SocketEnd(address: address(host("cart-1")), port: Self.targetPort(number))
        }
    }

    private var rules: ProxyRules {
        let ports = legs.enumerated().filter { $0.element.way != .headless }
            .map { number, leg in
                ProxyRules.Port(
                    number: number,
                    ipProtocol: leg.ipProtocol,
                    clusterEnd: SocketEnd(address: Self.clusterIP(leg), port: Self.servicePort(number)),
                    external: leg.way == .externalIP ? Self.external : nil,
                    nodePort: [.ownNodePort, .otherNodePort].contains(leg.way) ? Self.nodePort(number) : nil,
                    backends: ["cart-0", "cart-1"]
                        .map {
                            SocketEnd(address: leg.isIPv6 ? host($0).v6 : host($0).v4, port: Self.targetPort(number))
                        }
                )
            }
        let none = ProxyRules.Port(
            number: 99,
            ipProtocol: .udp,
            clusterEnd: SocketEnd(address: Self.empty, port: 80),
            backends: []
        )
        return ProxyRules(ports: ports, refused: [none])
    }

    /// Counters of what comes to a node from each backend, packet by packet, before anything is translated back.
    private var arrivals: String {
        var counters = ""
        var matches = ""
        for (number, leg) in legs.enumerated() {
            for backend in ["cart-0", "cart-1"] {
                let name = "\(backend.suffix(1))_\(number)"
                let (family, address) = leg.isIPv6 ? ("ip6", host(backend).v6) : ("ip", host(backend).v4)
                let transport = leg.ipProtocol == .tcp ? "tcp" : "udp"
                counters += "counter from_\(name) { }\n"
                matches +=
                    "\(family) saddr \(address) \(transport) sport \(Self.targetPort(number)) counter name from_\(name)\n"
            }
        }
        return """
            table inet netledger_arrivals {
            \(counters)
            chain arrivals { type filter hook prerouting priority -400; policy accept;
            \(matches) }
            }
            """
    }

    /// Pods of node-a reach services, and are reached, through it; it holds the address of the service for names.
    private func makeRoutes() throws {
        let (web, nodeA) = (host("web"), host("node-a"))
        for node in ["node-a", "node-b"] {
            try Shell.run(
                host(node)
                    .command([
                        "sysctl", "-q", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
                        "net.ipv4.conf.all.send_redirects=0", "net.ipv4.conf.eth0.send_redirects=0",
                    ])
            )
        }
        // Everything is on one link here; nobody may be told of the short way, which leaves out the node.
        for name in Self.hosts {
            try Shell.run(host(name).command(["sysctl", "-q", "net.ipv6.conf.eth0.accept_redirects=0"]))
        }
        let blocks = Self.blocks + [CIDR(Self.external, prefixLength: 32)].compactMap(\.self)
        for block in blocks {
            let gateway = block.base.isIPv4 ? nodeA.v4 : nodeA.v6
            try Shell.run([
                "ip", "-n", web.namespace, "route", "add", "\(block)", "via", "\(gateway)", "rto_min", "3s",
            ])
            try Shell.run([
                "ip", "-n", nodeA.namespace, "route", "add", "\(block)", "dev", NetworkLab.Host.interface, "rto_min",
                "3s",
            ])
        }
        for backend in ["cart-0", "cart-1"] {
            for (address, gateway) in [("\(web.v4)/32", nodeA.v4), ("\(web.v6)/128", nodeA.v6)] {
                try Shell.run([
                    "ip", "-n", host(backend).namespace, "route", "add", address, "via", "\(gateway)", "rto_min", "3s",
                ])
            }
        }
        // A cache for names on the node takes its service's address, and keeps it out of connection tracking.
        try Shell.run(["ip", "-n", nodeA.namespace, "address", "add", "\(Self.dns)/32", "dev", "lo"])
        try Shell.run(
            nodeA.command([
                "nft",
                """
                table ip names {
                chain in { type filter hook prerouting priority -300; ip daddr \(Self.dns) udp dport 53 notrack; }
                chain out { type filter hook output priority -300; ip saddr \(Self.dns) udp sport 53 notrack; }
                }
                """,
            ])
        )
    }
}
