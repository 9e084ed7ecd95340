// SPDX-License-Identifier: Apache-2.0

import Traffic

extension WireLab {
    static func delete(_ namespace: String) {
        // If it cannot be deleted now, a later lab sweeps it.
        _ = try? Shell.run(["ip", "netns", "delete", namespace])
    }

    /// A bridge in each of two namespaces, and the wire between them.
    static func join(_ bridges: [String], mtu: Int) throws {
        for bridge in bridges {
            try Shell.run(["ip", "-n", bridge, "link", "add", "br0", "mtu", "\(mtu)", "type", "bridge"])
            try Shell.run(["ip", "-n", bridge, "link", "set", "br0", "up"])
        }
        try Shell.run([
            "ip", "link", "add", "wire", "netns", bridges[0], "mtu", "\(mtu)",
            "type", "veth", "peer", "name", "wire", "netns", bridges[1], "mtu", "\(mtu)",
        ])
        for bridge in bridges { try connect("wire", to: bridge) }
    }

    /// A link from the host's interface to a port of its bridge.
    static func plug(_ host: Host, into port: (bridge: String, name: String)?, mtu: Int) throws {
        guard let port else { return }
        try Shell.run(
            ["ip", "link", "add", host.interface] + (host.namespace.map { ["netns", $0] } ?? [])
                + ["mtu", "\(mtu)", "type", "veth", "peer", "name", port.name, "netns", port.bridge, "mtu", "\(mtu)"]
        )
        try connect(port.name, to: port.bridge)
        try Shell.run(host.command(["ethtool", "-K", host.interface] + offloadsOff))
        try Shell.run(host.command(PacketOrder.command(host.interface)))
        try host.ip(["address", "add", "\(host.v4)/24", "dev", host.interface])
        // Duplicate address detection would keep the address from being used for a second.
        try host.ip(["address", "add", "\(host.v6)/64", "dev", host.interface, "nodad"])
        if host.namespace != nil { try host.ip(["link", "set", "lo", "up"]) }
        try host.ip(["link", "set", host.interface, "up"])
    }

    /// Settings of the host's stack; the machine's own are left alone, but for the routes to the lab.
    static func tune(_ host: Host, repeating: Bool) throws {
        if host.namespace != nil {
            let once = ["net.ipv4.tcp_early_retrans=0", "net.ipv4.tcp_recovery=0", "net.ipv4.tcp_reordering=300"]
            let settings = ["net.ipv4.ping_group_range=0 2147483647"] + (repeating ? [] : once)
            try Shell.run(host.command(["sysctl", "-q"] + settings))
        }
        if repeating { return }
        for block in [CIDR(host.v4, prefixLength: 24), CIDR(host.v6, prefixLength: 64)].compactMap(\.self) {
            try host.ip(["route", "replace", "\(block)", "dev", host.interface, "rto_min", "3s"])
        }
    }

    private static let offloadsOff = ["tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off"]

    private static func connect(_ port: String, to bridge: String) throws {
        try Shell.run(["ip", "netns", "exec", bridge, "ethtool", "-K", port] + offloadsOff)
        try Shell.run(["ip", "netns", "exec", bridge] + PacketOrder.command(port))
        try Shell.run(["ip", "-n", bridge, "link", "set", port, "master", "br0", "up"])
    }
}
