// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Traffic

/// Network namespaces of a test's own, on one Ethernet segment.
///
/// Two hosts share a veth pair; more of them meet at a bridge in a namespace of its own. Every host has one
/// interface `eth0` with MTU 1500, an IPv4 and an IPv6 address from private ranges, and its loopback up.
///
/// TSO, GSO, GRO and checksum offload are off on every interface. So the sender's stack cuts its super-packets
/// before they reach the link, and each skb that a receiver sees is one packet of the wire: that makes the
/// counters on the receiving side the truth.
///
/// TCP repeats a packet here only after three seconds without an acknowledgement. On a busy machine an
/// acknowledgement may be late, and a FIN that is repeated for no reason meets a socket in TIME_WAIT, which has no
/// cgroup any more: no meter of cgroups sees that packet nor its answer, and the packet filter sees both.
///
/// Everything is deleted by ``remove()`` or when this object ends.
public final class NetworkLab: Sendable {
    /// One namespace.
    public struct Host: Hashable, Sendable {
        /// The namespace's name for `ip netns`.
        public let namespace: String
        /// Its address in 10.0.0.0/8.
        public let v4: IPAddress
        /// Its address in fd00::/8.
        public let v6: IPAddress

        /// The name of every host's only interface besides `lo`.
        public static let interface = "eth0"

        /// A command that runs `command` in the namespace.
        public func command(_ command: [String]) -> [String] {
            ["ip", "netns", "exec", namespace] + command
        }

        /// What the interface has received so far, without its 14 bytes of Ethernet header per packet.
        ///
        /// It counts every packet: ARP and neighbour discovery too.
        public func received() throws -> PacketCount {
            let text = try Shell.run(["ip", "-n", namespace, "-j", "-s", "link", "show", "dev", Self.interface])
            let links = try JSONDecoder().decode([LinkStatistics].self, from: Data(text.utf8))
            guard let receive = links.first?.stats64.rx else { throw LaunchError("ip shows no statistics: \(text)") }
            return PacketCount(bytes: receive.bytes - 14 * receive.packets, packets: receive.packets)
        }
    }

    /// The hosts, in the order of their names.
    public let hosts: [Host]

    private let namespaces: [String]

    /// Makes a segment with one host per name, and sweeps those of test processes that were killed.
    ///
    /// - Parameter names: Two or more, at most 200; they become the ends of the namespaces' names.
    /// - Throws: ``LaunchError`` with what `ip` or `ethtool` said; what was made until then is deleted.
    public init(_ names: [String] = ["client", "server"]) throws {
        precondition((2...200).contains(names.count), "a segment joins 2 to 200 hosts")
        for name in LabName.abandoned(in: "/run/netns") { Self.delete(name) }
        let prefix = LabName.make()
        let subnet = UInt8.random(in: .min ... .max)
        let hosts = names.enumerated()
            .map { index, name in
                Host(
                    namespace: prefix + "-" + name,
                    v4: IPAddress(v4: 0x0a4c_0000 | UInt32(subnet) << 8 | UInt32(index + 1)),
                    v6: IPAddress(bits: 0xfd4c << 112 | UInt128(subnet) << 64 | UInt128(index + 1))
                )
            }
        let bridge = hosts.count > 2 ? prefix + "-bridge" : nil
        self.hosts = hosts
        namespaces = hosts.map(\.namespace) + (bridge.map { [$0] } ?? [])
        do {
            for namespace in namespaces { try Shell.run(["ip", "netns", "add", namespace]) }
            if let bridge {
                try Self.join(hosts, at: bridge)
            } else {
                try Self.makePair(hosts[0].namespace, Host.interface, hosts[1].namespace, Host.interface)
            }
            for host in hosts { try Self.configure(host) }
        } catch {
            remove()
            throw error
        }
    }

    deinit {
        remove()
    }

    /// Deletes the namespaces; does nothing the second time.
    public func remove() {
        for namespace in namespaces where FileManager.default.fileExists(atPath: "/run/netns/" + namespace) {
            Self.delete(namespace)
        }
    }

    private static func delete(_ namespace: String) {
        // If it cannot be deleted now, a later lab sweeps it.
        _ = try? Shell.run(["ip", "netns", "delete", namespace])
    }

    private static func join(_ hosts: [Host], at bridge: String) throws {
        try Shell.run(["ip", "-n", bridge, "link", "add", "br0", "type", "bridge"])
        try Shell.run(["ip", "-n", bridge, "link", "set", "br0", "up"])
        for (index, host) in hosts.enumerated() {
            let port = "port\(index)"
            try makePair(host.namespace, Host.interface, bridge, port)
            try switchOffloadsOff(port, in: bridge)
            try Shell.run(["ip", "-n", bridge, "link", "set", port, "master", "br0", "up"])
        }
    }

    private static func makePair(_ left: String, _ leftName: String, _ right: String, _ rightName: String) throws {
        try Shell.run([
            "ip", "link", "add", leftName, "netns", left, "mtu", "1500",
            "type", "veth", "peer", "name", rightName, "netns", right, "mtu", "1500",
        ])
    }

    private static func switchOffloadsOff(_ interface: String, in namespace: String) throws {
        try Shell.run([
            "ip", "netns", "exec", namespace, "ethtool", "-K", interface,
            "tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off",
        ])
        try Shell.run(["ip", "netns", "exec", namespace] + PacketOrder.command(interface))
    }

    private static func configure(_ host: Host) throws {
        let ip = ["ip", "-n", host.namespace]
        try switchOffloadsOff(Host.interface, in: host.namespace)
        try Shell.run(ip + ["address", "add", "\(host.v4)/24", "dev", Host.interface])
        // Duplicate address detection would keep the address from being used for a second.
        try Shell.run(ip + ["address", "add", "\(host.v6)/64", "dev", Host.interface, "nodad"])
        try Shell.run(ip + ["link", "set", "lo", "up"])
        try Shell.run(ip + ["link", "set", Host.interface, "up"])
        try preventRepetition(host)
    }

    /// No retransmission because of packets out of order or of a probe, and none by a timer before three seconds.
    private static func preventRepetition(_ host: Host) throws {
        try Shell.run(
            host.command([
                "sysctl", "-q", "net.ipv4.tcp_early_retrans=0", "net.ipv4.tcp_recovery=0",
                "net.ipv4.tcp_reordering=300",
            ])
        )
        for block in [CIDR(host.v4, prefixLength: 24), CIDR(host.v6, prefixLength: 64)].compactMap(\.self) {
            try Shell.run([
                "ip", "-n", host.namespace, "route", "replace", "\(block)", "dev", Host.interface, "rto_min", "3s",
            ])
        }
    }
}

/// The part of `ip -j -s link` that is read.
private struct LinkStatistics: Decodable {
    struct Totals: Decodable {
        struct Count: Decodable {
            var bytes: UInt64
            var packets: UInt64
        }

        var rx: Count
    }

    var stats64: Totals
}
