// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Traffic

/// Hosts at both ends of one wire, each with a process that opens sockets there on account of the host's own cgroup.
///
/// The hosts of a side meet at a bridge, as pods of a node do, and the two bridges are joined by the wire:
///
/// ```
/// west hosts ── bridge ══ wire ══ bridge ── east hosts
/// ```
///
/// TSO, GSO, GRO and checksum offload are off on the wire, whatever they are at the hosts: super-packets are cut before
/// they reach it and nothing is merged on it. What ``WireCounters`` count there is what a network between two
/// machines would carry.
///
/// Everything is deleted by ``remove()`` or when this object ends.
public final class WireLab: Sendable {
    /// A host.
    public struct Host: Hashable, Sendable {
        /// Its name, also of its cgroup.
        public let name: String
        /// Its network namespace; `nil` for the machine's own.
        public let namespace: String?
        /// Its interface to the bridge.
        public let interface: String
        /// Its address in 10.0.0.0/8.
        public let v4: IPAddress
        /// Its address in fd00::/8.
        public let v6: IPAddress

        /// Its address for sockets of a form.
        public func address(_ form: TrafficExchange.Form) -> IPAddress {
            form == .v6 ? v6 : v4
        }

        func command(_ command: [String]) -> [String] {
            (namespace.map { ["ip", "netns", "exec", $0] } ?? []) + command
        }

        func ip(_ words: [String]) throws {
            try Shell.run(["ip"] + (namespace.map { ["-n", $0] } ?? []) + words)
        }
    }

    /// The name of the host that is the machine's own network namespace, where it is asked for.
    public static let node = "node"

    /// The hosts, those of the west first.
    public let hosts: [Host]
    /// The hosts' cgroups, in the same order.
    public let groups: [CgroupLab.Group]
    /// Path of the cgroup that holds the hosts' cgroups and no others.
    public let cgroupPath: String
    /// The counters at both ends of the wire.
    public let wire: WireCounters

    private let sources: [SocketSource]
    private let cgroups: CgroupLab
    private let namespaces: [String]
    private let ports: [Int: (bridge: String, name: String)]

    /// Makes the hosts, their cgroups and the wire.
    ///
    /// - Parameters:
    ///   - west: Names of hosts; one that is ``node`` is the machine's own namespace.
    ///   - east: Names of hosts at the other end.
    ///   - mtu: Of every link, in bytes.
    ///   - repeating: Whether TCP repeats at once what seems lost. Off, it waits three seconds: where nothing is lost,
    ///     what is repeated because an acknowledgement was late on a busy machine is a packet too many.
    /// - Throws: ``LaunchError`` with what a tool said; what was made until then is deleted.
    public init(
        west: [String] = ["pod"],
        east: [String] = ["peer"],
        mtu: Int = 1500,
        repeating: Bool = false
    ) throws {
        for name in LabName.abandoned(in: "/run/netns") { Self.delete(name) }
        let prefix = LabName.make()
        let subnet = UInt8.random(in: .min ... .max)
        let names = west + east
        hosts = names.enumerated()
            .map { index, name in
                Host(
                    name: name,
                    namespace: name == Self.node ? nil : prefix + "-" + name,
                    // The kernel allows 15 characters.
                    interface: name == Self.node ? "nl" + prefix.suffix(8).filter { $0 != "-" } : "eth0",
                    v4: IPAddress(v4: 0x0a4d_0000 | UInt32(subnet) << 8 | UInt32(index + 1)),
                    v6: IPAddress(bits: 0xfd4d << 112 | UInt128(subnet) << 64 | UInt128(index + 1))
                )
            }
        let bridges = [prefix + "-west", prefix + "-east"]
        namespaces = hosts.compactMap(\.namespace) + bridges
        ports = Dictionary(
            uniqueKeysWithValues: names.indices.map { ($0, (bridges[$0 < west.count ? 0 : 1], "port\($0)")) }
        )
        cgroups = try CgroupLab()
        groups = try names.map { [cgroups] in try cgroups.group($0) }
        cgroupPath = (CgroupLab.mountPoint ?? "") + cgroups.cgroupPath
        do {
            for namespace in namespaces { try Shell.run(["ip", "netns", "add", namespace]) }
            try Self.join(bridges, mtu: mtu)
            for (index, host) in hosts.enumerated() {
                try Self.plug(host, into: ports[index], mtu: mtu)
                try Self.tune(host, repeating: repeating)
            }
            wire = try WireCounters(ends: bridges, interface: "wire")
            sources = try zip(hosts, groups)
                .map { host, group in
                    try SocketSource { group.entering(host.command($0)) }
                }
        } catch {
            Self.remove(cgroups, namespaces, hosts)
            throw error
        }
    }

    deinit {
        remove()
    }

    /// Deletes everything the lab made; does nothing the second time.
    public func remove() {
        Self.remove(cgroups, namespaces, hosts)
    }

    private static func remove(_ cgroups: CgroupLab, _ namespaces: [String], _ hosts: [Host]) {
        cgroups.remove()
        for host in hosts where host.namespace == nil {
            guard FileManager.default.fileExists(atPath: "/sys/class/net/" + host.interface) else { continue }
            // The kernel deletes it with its other end, a little later, if this fails.
            _ = try? host.ip(["link", "delete", host.interface])
        }
        for namespace in namespaces where FileManager.default.fileExists(atPath: "/run/netns/" + namespace) {
            delete(namespace)
        }
    }

    /// The process that opens the sockets of host number `host`.
    public func source(_ host: Int) -> SocketSource {
        sources[host]
    }

    /// Opens a socket in host number `host`, on its account.
    public func open(_ host: Int, _ form: TrafficExchange.Form, _ type: __socket_type, protocol number: Int32 = 0)
        throws
        -> LabSocket
    {
        try sources[host].open(family: form == .v4 ? AF_INET : AF_INET6, type: type, protocol: number)
    }

    /// Switches what the link of host number `host` offers it.
    ///
    /// - Parameters:
    ///   - segmentation: TSO, GSO and checksums: whether super-packets leave the host whole.
    ///   - merging: GRO: whether the host merges what it receives.
    public func offload(_ host: Int, segmentation: Bool, merging: Bool) throws {
        let word = { (on: Bool) in on ? "on" : "off" }
        var flags: [String] = []
        for name in ["tx", "rx", "tso", "gso", "tx-udp-segmentation"] { flags += [name, word(segmentation)] }
        flags += ["gro", word(merging)]
        try Shell.run(hosts[host].command(["ethtool", "-K", hosts[host].interface] + flags))
    }

    /// Runs a tool's command in host number `host`.
    ///
    /// - Throws: ``LaunchError`` with what the tool said.
    public func configure(_ host: Int, _ command: [String]) throws {
        try Shell.run(hosts[host].command(command))
    }

    /// IP packets that the stack of host number `host` has sent and received so far, where a super-packet is one.
    ///
    /// - Throws: What the file system says if the host is gone.
    public func stackPackets(_ host: Int) throws -> (sent: UInt64, received: UInt64) {
        let folder = "/proc/\(sources[host].processID)/net/"
        let v4 = try ProcFile.read(folder + "snmp").split(separator: "\n")
            .filter { $0.hasPrefix("Ip:") }.map { $0.split(separator: " ") }
        var numbers = Dictionary(zip(v4[0], v4[1])) { $1 }
        for line in try ProcFile.read(folder + "snmp6").split(separator: "\n") {
            let fields = line.split(whereSeparator: \.isWhitespace)
            numbers[fields[0]] = fields[1]
        }
        let sum = { (names: [Substring]) in names.reduce(0) { $0 + (UInt64(numbers[$1] ?? "") ?? 0) } }
        return (sum(["OutRequests", "Ip6OutRequests"]), sum(["InReceives", "Ip6InReceives"]))
    }

    /// How many closed sockets of host number `host` still wait for the peer's FIN: the kernel keeps a stand-in for each.
    ///
    /// - Throws: What the file system says if the host is gone.
    public func standIns(_ host: Int) throws -> Int {
        try ["tcp", "tcp6"]
            .reduce(0) { sum, name in
                let table = try ProcFile.read("/proc/\(sources[host].processID)/net/\(name)")
                return sum + table.split(separator: "\n").count { $0.split(separator: " ")[3] == "05" }
            }
    }

    /// Waits until no connection of the hosts is on its way to its end: nothing more will cross the wire for it.
    ///
    /// Connections that are open and idle, and sockets in TIME_WAIT, do not count.
    public func settle() async throws {
        let busy: Set<Substring> = ["03", "04", "05", "08", "09", "0B"]
        try await waitUntil("all connections have ended", within: .seconds(30)) {
            for source in sources {
                for name in ["tcp", "tcp6"] {
                    let table = try ProcFile.read("/proc/\(source.processID)/net/\(name)")
                    for line in table.split(separator: "\n").dropFirst() {
                        let fields = line.split(separator: " ")
                        if busy.contains(fields[3]) || !fields[4].hasPrefix("00000000"), isOurs(fields[1]) {
                            return false
                        }
                    }
                }
            }
            return true
        }
    }

    /// True if a local address of /proc/net/tcp is one of the hosts': the machine's own namespace has others.
    private func isOurs(_ field: Substring) -> Bool {
        guard hosts.contains(where: { $0.namespace == nil }) else { return true }
        let digits = field.prefix { $0 != ":" }
        return hosts.contains { host in
            let v4 = String(host.v4.v4?.byteSwapped ?? 0, radix: 16, uppercase: true)
            return digits.hasSuffix(v4) || digits.hasPrefix("00004DFD")
        }
    }
}
