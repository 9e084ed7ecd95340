// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Traffic

/// Rules by which a node translates service addresses, in the shapes that kube-proxy gives them.
struct ProxyRules {
    /// Who translates, and how.
    enum Mode: String, Sendable {
        /// kube-proxy.
        case nftables
        /// kube-proxy with the tools that speak to nftables.
        case iptables
        /// kube-proxy with the kernel's older tables.
        case iptablesLegacy
        /// kube-proxy with the kernel's balancer.
        case ipvs
        /// Cilium, at the socket: nothing is left for the node to translate.
        case sockets
    }

    /// A port of a service, and where it leads.
    struct Port {
        /// Numbers the chains.
        var number: Int
        var ipProtocol: IPProtocol
        /// Addresses and port that pods of the cluster use.
        var clusterEnd: SocketEnd
        /// An address of the service outside of the cluster, with the same port.
        var external: IPAddress?
        /// The port on every node.
        var nodePort: UInt16?
        var backends: [SocketEnd]

        fileprivate var transport: String { ipProtocol == .tcp ? "tcp" : "udp" }
        fileprivate var isIPv4: Bool { clusterEnd.address.isIPv4 }
    }

    var ports: [Port]
    /// Services without endpoints.
    var refused: [Port]

    /// Makes `node` translate.
    ///
    /// - Throws: ``LaunchError`` with what the tool said, for instance that the kernel lacks a table.
    func install(on node: NetworkLab.Host, _ mode: Mode) throws {
        for isIPv4 in [true, false] {
            switch mode {
            case .nftables: try Shell.run(node.command(["nft", nftables(node, isIPv4: isIPv4)]))
            case .iptables, .iptablesLegacy:
                let tool = (isIPv4 ? "iptables" : "ip6tables") + (mode == .iptables ? "-nft" : "-legacy") + "-restore"
                try Shell.run(
                    node.command(["sh", "-c", "printf '%s\\n' \"$0\" | \(tool) --noflush", iptables(isIPv4: isIPv4)])
                )
            case .ipvs: try balance(node, isIPv4: isIPv4)
            case .sockets: break
            }
        }
    }

    /// Virtual servers for each address of a service, whose addresses are the node's own, on an interface that leads nowhere.
    ///
    /// The packet filter only says what is to be masqueraded: what comes from outside, and what the node itself asks for, which
    /// would come from the service's address otherwise.
    private func balance(_ node: NetworkLab.Host, isIPv4: Bool) throws {
        let family = isIPv4 ? "ip" : "ip6"
        if isIPv4 {
            try Shell.run(node.command(["sysctl", "-q", "net.ipv4.vs.conntrack=1"]))
            try Shell.run(["ip", "-n", node.namespace, "link", "add", "kube-ipvs0", "type", "dummy"])
            try Shell.run(["ip", "-n", node.namespace, "link", "set", "kube-ipvs0", "up"])
        }
        let mine = (ports + refused).filter { $0.isIPv4 == isIPv4 }
        for address in Set(mine.flatMap { [$0.clusterEnd.address] + [$0.external].compactMap(\.self) }) {
            let block = "\(address)/\(isIPv4 ? 32 : 128)"
            try Shell.run(
                ["ip", "-n", node.namespace, "address", "add", block, "dev", "kube-ipvs0"] + (isIPv4 ? [] : ["nodad"])
            )
        }
        var marked: [String] = []
        var inside: [String] = []
        for port in mine {
            inside.append("\(port.clusterEnd.address) . \(port.transport) . \(port.clusterEnd.port)")
            let flag = port.ipProtocol == .tcp ? "-t" : "-u"
            var ends = [port.clusterEnd]
            for outside in [
                port.external.map { SocketEnd(address: $0, port: port.clusterEnd.port) },
                port.nodePort.map { SocketEnd(address: isIPv4 ? node.v4 : node.v6, port: $0) },
            ]
            .compactMap(\.self) {
                ends.append(outside)
                marked.append("\(outside.address) . \(port.transport) . \(outside.port)")
            }
            for end in ends {
                try Shell.run(node.command(["ipvsadm", "-A", flag, Self.text(end), "-s", "rr"]))
                for backend in port.backends {
                    let words = ["ipvsadm", "-a", flag, Self.text(end), "-r", Self.text(backend), "-m"]
                    try Shell.run(node.command(words))
                }
            }
        }
        let type = isIPv4 ? "ipv4_addr" : "ipv6_addr"
        func elements(_ list: [String]) -> String {
            list.isEmpty ? "" : "elements = { \(list.joined(separator: ", ")) }"
        }
        try Shell.run(
            node.command([
                "nft",
                """
                table \(family) kube-proxy-ipvs {
                set outside { type \(type) . inet_proto . inet_service; \(elements(marked)); }
                set inside { type \(type) . inet_proto . inet_service; \(elements(inside)); }
                chain mark-for-masquerade {
                \(family) daddr . meta l4proto . th dport @outside meta mark set mark or 0x4000
                }
                chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; jump mark-for-masquerade; }
                chain nat-output { type nat hook output priority -100; policy accept;
                jump mark-for-masquerade
                \(family) daddr . meta l4proto . th dport @inside meta mark set mark or 0x4000
                }
                chain nat-postrouting { type nat hook postrouting priority srcnat; policy accept;
                meta mark and 0x4000 == 0 return
                meta mark set mark xor 0x4000
                masquerade fully-random
                }
                }
                """,
            ])
        )
    }

    private static func text(_ end: SocketEnd) -> String {
        end.address.isIPv4 ? "\(end.address):\(end.port)" : "[\(end.address)]:\(end.port)"
    }

    /// A table with maps from addresses to chains, one chain for each service port, and one for each endpoint.
    private func nftables(_ node: NetworkLab.Host, isIPv4: Bool) -> String {
        let family = isIPv4 ? "ip" : "ip6"
        var addresses: [String] = []
        var nodePorts: [String] = []
        var chains = ""
        for port in ports where port.isIPv4 == isIPv4 {
            let (number, transport) = (port.number, port.transport)
            addresses.append(
                "\(port.clusterEnd.address) . \(transport) . \(port.clusterEnd.port) : goto service-\(number)"
            )
            if let external = port.external {
                addresses.append("\(external) . \(transport) . \(port.clusterEnd.port) : goto external-\(number)")
            }
            if let nodePort = port.nodePort { nodePorts.append("\(transport) . \(nodePort) : goto external-\(number)") }
            // kube-proxy takes them at random; in turns, every endpoint is sure to be met.
            let turns = port.backends.indices.map { "\($0) : goto endpoint-\(number)-\($0)" }
            for (index, backend) in port.backends.enumerated() {
                let target = isIPv4 ? "\(backend.address):\(backend.port)" : "[\(backend.address)]:\(backend.port)"
                chains += """
                    chain endpoint-\(number)-\(index) {
                    \(family) saddr \(backend.address) jump mark-for-masquerade
                    meta l4proto \(transport) dnat to \(target)
                    }

                    """
            }
            chains += """
                chain service-\(number) { numgen inc mod \(turns.count) vmap { \(turns.joined(separator: ", ")) }; }
                chain external-\(number) { jump mark-for-masquerade; goto service-\(number); }

                """
        }
        let type = isIPv4 ? "ipv4_addr" : "ipv6_addr"
        func elements(_ list: [String]) -> String {
            list.isEmpty ? "" : "elements = { \(list.joined(separator: ", ")) }"
        }
        let none = refused.filter { $0.isIPv4 == isIPv4 }
            .map { "\($0.clusterEnd.address) . \($0.transport) . \($0.clusterEnd.port) : goto reject-chain" }
        return """
            table \(family) kube-proxy {
            chain mark-for-masquerade { meta mark set mark or 0x4000; }
            chain masquerading {
            meta mark and 0x4000 == 0 return
            meta mark set mark xor 0x4000
            masquerade fully-random
            }
            chain reject-chain { reject; }
            \(chains)
            map service-ips { type \(type) . inet_proto . inet_service : verdict; \(elements(addresses)); }
            map service-nodeports { type inet_proto . inet_service : verdict; \(elements(nodePorts)); }
            map no-endpoint-services { type \(type) . inet_proto . inet_service : verdict; \(elements(none)); }
            set nodeport-ips { type \(type); elements = { \(isIPv4 ? node.v4 : node.v6) }; }
            chain services {
            \(family) daddr . meta l4proto . th dport vmap @service-ips
            \(family) daddr @nodeport-ips meta l4proto . th dport vmap @service-nodeports
            }
            chain filter-forward { type filter hook forward priority -110; policy accept;
            ct state new \(family) daddr . meta l4proto . th dport vmap @no-endpoint-services
            }
            chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }
            chain nat-output { type nat hook output priority -100; policy accept; jump services; }
            chain nat-postrouting { type nat hook postrouting priority srcnat; policy accept; jump masquerading; }
            }
            """
    }

    /// Chains of rules that are tried one after the other.
    private func iptables(isIPv4: Bool) -> String {
        var chains = ["KUBE-SERVICES", "KUBE-NODEPORTS", "KUBE-MARK-MASQ", "KUBE-POSTROUTING"]
        var rules = [
            "PREROUTING -j KUBE-SERVICES", "OUTPUT -j KUBE-SERVICES", "POSTROUTING -j KUBE-POSTROUTING",
            "KUBE-MARK-MASQ -j MARK --or-mark 0x4000", "KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
            "KUBE-POSTROUTING -j MARK --xor-mark 0x4000", "KUBE-POSTROUTING -j MASQUERADE --random-fully",
        ]
        for port in ports where port.isIPv4 == isIPv4 {
            let (number, transport) = (port.number, port.transport)
            let match = "-p \(transport) -m \(transport) --dport"
            chains += ["KUBE-SVC-\(number)", "KUBE-EXT-\(number)"]
            rules.append(
                "KUBE-SERVICES -d \(port.clusterEnd.address) \(match) \(port.clusterEnd.port) -j KUBE-SVC-\(number)"
            )
            if let external = port.external {
                rules.append("KUBE-SERVICES -d \(external) \(match) \(port.clusterEnd.port) -j KUBE-EXT-\(number)")
            }
            if let nodePort = port.nodePort {
                rules.append("KUBE-NODEPORTS \(match) \(nodePort) -j KUBE-EXT-\(number)")
            }
            rules += ["KUBE-EXT-\(number) -j KUBE-MARK-MASQ", "KUBE-EXT-\(number) -j KUBE-SVC-\(number)"]
            for (index, backend) in port.backends.enumerated() {
                let left = port.backends.count - index
                let chain = "KUBE-SEP-\(number)-\(index)"
                let turn = left > 1 ? "-m statistic --mode nth --every \(left) --packet 0 " : ""
                let target = isIPv4 ? "\(backend.address):\(backend.port)" : "[\(backend.address)]:\(backend.port)"
                chains.append(chain)
                rules += [
                    "KUBE-SVC-\(number) \(turn)-j \(chain)", "\(chain) -s \(backend.address) -j KUBE-MARK-MASQ",
                    "\(chain) -p \(transport) -m \(transport) -j DNAT --to-destination \(target)",
                ]
            }
        }
        rules.append("KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS")
        let rejections = refused.filter { $0.isIPv4 == isIPv4 }
            .map { "-A FORWARD -d \($0.clusterEnd.address) -p \($0.transport) --dport \($0.clusterEnd.port) -j REJECT" }
        return
            (["*nat"] + chains.map { ":\($0) - [0:0]" } + rules.map { "-A " + $0 } + ["COMMIT", "*filter"]
            + rejections + ["COMMIT"])
            .joined(separator: "\n")
    }
}
