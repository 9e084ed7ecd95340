// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Traffic

/// A pod that talks to service addresses, and the node between it and the backends, which translates them with
/// nftables as kube-proxy does: each new connection goes to the next backend, at another port.
///
/// ```
/// client ── node (DNAT, masquerade) ── two backends
/// ```
///
/// The packet filter of the node counts what it exchanges with each backend, packet by packet: offloads are off, so
/// that is what crosses the client's wire, too.
///
/// Everything is deleted by ``remove()`` or when this object ends.
public final class ServiceLab: Sendable {
    /// Blocks with the addresses of all services, those without a backend included.
    public static let blocks = ["10.96.0.0/16", "fd96::/64"].compactMap(CIDR.init)
    /// The port of the service.
    public static let port: UInt16 = 80
    /// The port of its backends.
    public static let backendPort: UInt16 = 8080

    /// The client's cgroup.
    public let client: CgroupLab.Group
    /// Path of the cgroup that holds the client's and no other.
    public let cgroupPath: String
    /// The network namespace of the node.
    public let node: NetworkLab.Host
    /// The backends.
    public let backends: [NetworkLab.Host]

    private let host: NetworkLab.Host
    private let network: NetworkLab
    private let cgroups: CgroupLab
    private let servers: CgroupLab.Group
    private let logs: TemporaryDirectory

    /// Makes hosts, routes and rules.
    ///
    /// - Throws: ``LaunchError`` with what a tool said.
    public init() throws {
        network = try NetworkLab(["client", "node", "one", "two"])
        (host, node, backends) = (network.hosts[0], network.hosts[1], Array(network.hosts[2...]))
        cgroups = try CgroupLab()
        let clients = try cgroups.group("clients")
        cgroupPath = clients.path
        client = clients
        servers = try cgroups.group("servers")
        logs = try TemporaryDirectory()
        let switches = ["ipv4.ip_forward=1", "ipv6.conf.all.forwarding=1", "ipv4.conf.all.send_redirects=0"]
        try Shell.run(
            node.command(["sysctl", "-q"] + (switches + ["ipv4.conf.eth0.send_redirects=0"]).map { "net." + $0 })
        )
        for (block, gateway) in zip(Self.blocks, [node.v4, node.v6]) {
            try Shell.run([
                "ip", "-n", host.namespace, "route", "add", "\(block)", "via", "\(gateway)", "rto_min", "3s",
            ])
        }
        try Shell.run(node.command(["nft", rules]))
    }

    deinit {
        remove()
    }

    /// Deletes everything; does nothing the second time.
    public func remove() {
        cgroups.remove()
        network.remove()
        logs.remove()
    }

    /// The service's address in the family of `v6`.
    public static func service(v6: Bool) -> IPAddress {
        blocks[v6 ? 1 : 0].base.advanced(by: 10)
    }

    /// The end of backend number `index`.
    public func end(of index: Int, v6: Bool) -> SocketEnd {
        SocketEnd(address: v6 ? backends[index].v6 : backends[index].v4, port: Self.backendPort)
    }

    /// Opens `connections` one after the other, or as many sockets for datagrams, half of which each backend answers;
    /// returns when all has arrived.
    ///
    /// - Throws: ``LaunchError`` with the output of the program that failed.
    public func run(_ ipProtocol: IPProtocol, v6: Bool, connections: Int, bytes: Int, replyBytes: Int) async throws {
        let program = try BuiltProduct.path("TrafficGenerator")
        let flag = ipProtocol == .tcp ? "--tcp" : "--udp"
        func start(_ host: NetworkLab.Host, _ group: CgroupLab.Group, _ words: [String]) throws -> ChildProcess {
            try ChildProcess(
                group.entering(host.command([program] + words)),
                outputPath: logs.file(UUID().uuidString + ".log")
            )
        }
        func text(_ address: IPAddress) -> String { "\(address)" }
        let listeners = try backends.map { backend in
            let address = text(v6 ? backend.v6 : backend.v4)
            return try start(
                backend,
                servers,
                ["serve", flag, "\(Self.backendPort)", "--bind", address, "--exchanges", "\(connections / 2)"]
            )
        }
        for listener in listeners { try await listener.waitForLine(containing: "ready") }
        let service = Self.service(v6: v6)
        let target = v6 ? "[\(service)]:\(Self.port)" : "\(service):\(Self.port)"
        let sizes = ["--bytes", "\(bytes)", "--reply-bytes", "\(replyBytes)"]
        let shape =
            ipProtocol == .tcp
            ? ["--connections", "\(connections)", "--chunk", "65536"]
            : ["--sockets", "\(connections)", "--requests", "1", "--unconnected"]
        let sender = try start(host, client, ["send", flag, "--to", target] + sizes + shape)
        try await sender.waitForSuccess()
        for listener in listeners { try await listener.waitForSuccess() }
    }

    /// Sends one datagram to an address in the service's block that nobody translates, on account of the client.
    public func sendNowhere() throws {
        let nowhere = Self.blocks[0].base.advanced(by: 99)
        let command = "echo lost >/dev/udp/\(nowhere)/\(Self.port)"
        try Shell.run(client.entering(host.command(["bash", "-c", command])))
    }

    /// Makes the node forget all connections, as it does some time after they end.
    public func forgetConnections() throws {
        // It ends with an error if there are none of a family.
        for family in ["ipv4", "ipv6"] {
            try Shell.run(node.command(["sh", "-c", "conntrack -F -f \(family) 2>&1 || true"]))
        }
    }

    /// What the client has exchanged with each backend so far, by protocol.
    public func truth() throws -> [Backend: FlowCounters] {
        let text = try Shell.run(node.command(["nft", "-j", "list", "counters", "table", "inet", "netledger_truth"]))
        var truth: [Backend: FlowCounters] = [:]
        for counter in try JSONDecoder().decode(Listing.self, from: Data(text.utf8)).nftables.compactMap(\.counter) {
            let parts = counter.name.split(separator: "_").map(String.init)
            guard parts.count == 4, let index = Int(parts[1]), counter.packets > 0 else { continue }
            let backend = Backend(
                end: end(of: index, v6: parts[2] == "ip6"),
                ipProtocol: parts[3] == "tcp" ? .tcp : .udp
            )
            truth[backend, default: .zero] +=
                parts[0] == "to"
                ? FlowCounters(egressBytes: counter.bytes, egressPackets: counter.packets)
                : FlowCounters(ingressBytes: counter.bytes, ingressPackets: counter.packets)
        }
        return truth
    }

    /// One backend and how it was talked to.
    public struct Backend: Hashable, Sendable {
        /// Its address and port.
        public var end: SocketEnd
        /// TCP or UDP.
        public var ipProtocol: IPProtocol

        /// The backend at `end`.
        public init(end: SocketEnd, ipProtocol: IPProtocol) {
            self.end = end
            self.ipProtocol = ipProtocol
        }
    }

    private var rules: String {
        var counters = ""
        var chains = ["to": "", "from": ""]
        var translations = ""
        for (family, v6) in [("ip", false), ("ip6", true)] {
            for name in ["tcp", "udp"] {
                var choices: [String] = []
                for index in backends.indices {
                    let address = end(of: index, v6: v6).address
                    choices.append("\(index) : \(address) . \(Self.backendPort)")
                    for (way, side, port) in [("to", "daddr", "dport"), ("from", "saddr", "sport")] {
                        let counter = "\(way)_\(index)_\(family)_\(name)"
                        counters += "counter \(counter) { }\n"
                        chains[way, default: ""] +=
                            "\(family) \(side) \(address) \(name) \(port) \(Self.backendPort) counter name \(counter)\n"
                    }
                }
                translations +=
                    "\(family) daddr \(Self.service(v6: v6)) \(name) dport \(Self.port) dnat \(family) to "
                    + "numgen inc mod \(backends.count) map { \(choices.joined(separator: ", ")) }\n"
            }
        }
        return """
            table inet netledger_truth {
            \(counters)
            chain from { type filter hook prerouting priority -300; policy accept;
            \(chains["from", default: ""]) }
            chain to { type filter hook postrouting priority 300; policy accept;
            \(chains["to", default: ""]) }
            }
            table inet netledger_proxy {
            chain inward { type nat hook prerouting priority dstnat; policy accept;
            \(translations) }
            chain outward { type nat hook postrouting priority srcnat; policy accept;
            tcp dport \(Self.backendPort) masquerade
            udp dport \(Self.backendPort) masquerade
            }
            }
            """
    }
}

extension IPAddress {
    /// The address this much further on.
    fileprivate func advanced(by distance: UInt128) -> IPAddress {
        IPAddress(bits: bits + distance)
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
