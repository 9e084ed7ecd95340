// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Traffic

/// Counters of the kernel's packet filter in one host of a ``NetworkLab``: the instrument the meter is compared with.
///
/// **The rule that relates both.** The meter books what crosses the wire. The filter counts an skb as it is at the
/// hook, and on its way out an skb may be a super-packet that is cut later, so the output hook shows too few
/// bytes and packets. On the receiving host of a lab every skb is one packet of the wire. Therefore
///
/// - what a host *received* is what its own input hook counted, and
/// - what a host *sent* is what the input hook of the other host counted.
///
/// ``exchanged(by:with:)`` is this rule. It holds where nothing is lost on the link and no packet is fragmented
/// (the input hook sees a datagram after reassembly; ``Reading/arrivedV4`` sees the fragments).
public struct NftCounters: Sendable {
    /// Packets to count together: those between the host and one remote service, or one remote client.
    public struct Watch: Hashable, Sendable {
        /// TCP or UDP.
        public var ipProtocol: IPProtocol
        /// The other host's address; its family selects the packets too.
        public var remote: IPAddress
        /// The source or destination port, at whichever side.
        public var servicePort: UInt16

        /// Packets of `ipProtocol` from or to `remote` with this port on either side.
        public init(_ ipProtocol: IPProtocol, remote: IPAddress, servicePort: UInt16) {
            self.ipProtocol = ipProtocol
            self.remote = remote
            self.servicePort = servicePort
        }
    }

    /// What was counted until one moment.
    public struct Reading: Hashable, Sendable {
        /// At the input hook: packets for the host, reassembled.
        public var input: [Watch: PacketCount] = [:]
        /// At the output hook: packets of the host, before super-packets are cut.
        public var output: [Watch: PacketCount] = [:]
        /// On the interface, before reassembly: all IPv4 packets that arrived, watched or not.
        public var arrivedV4 = PacketCount.zero
        /// The same for IPv6, neighbour discovery included.
        public var arrivedV6 = PacketCount.zero

        /// The sum of all watches at the input hook.
        public var inputTotal: PacketCount {
            input.values.reduce(.zero, +)
        }
    }

    private static let table = "netledger_lab"

    private let host: NetworkLab.Host
    private let watches: [Watch]

    /// Installs counters for `watches` in `host`; they vanish with it.
    ///
    /// - Throws: ``LaunchError`` with what `nft` said.
    public init(in host: NetworkLab.Host, watching watches: [Watch]) throws {
        self.host = host
        self.watches = watches
        try Shell.run(host.command(["nft", Self.ruleset(watches)]))
    }

    /// What was counted so far.
    ///
    /// - Throws: ``LaunchError`` with what `nft` said, or a decoding error if it was not understood.
    public func read() throws -> Reading {
        let text = try Shell.run(host.command(["nft", "-j", "list", "counters"]))
        let listing = try JSONDecoder().decode(Listing.self, from: Data(text.utf8))
        var reading = Reading()
        for counter in listing.nftables.compactMap(\.counter) where counter.table == Self.table {
            let count = PacketCount(bytes: counter.bytes, packets: counter.packets)
            let parts = counter.name.split(separator: "_")
            switch (parts.first, parts.last.flatMap { Int($0) }) {
            case ("in", let index?): reading.input[watches[index]] = count
            case ("out", let index?): reading.output[watches[index]] = count
            default:
                if counter.name == "arrived_ip" { reading.arrivedV4 = count } else { reading.arrivedV6 = count }
            }
        }
        guard reading.input.count == Set(watches).count else { throw LaunchError("nft lost counters: \(text)") }
        return reading
    }

    /// What crossed the wire to and from a host, given its own reading and that of the only other host.
    public static func exchanged(by own: Reading, with peer: Reading) -> FlowCounters {
        FlowCounters(
            egressBytes: peer.inputTotal.bytes,
            ingressBytes: own.inputTotal.bytes,
            egressPackets: peer.inputTotal.packets,
            ingressPackets: own.inputTotal.packets
        )
    }

    private static func ruleset(_ watches: [Watch]) -> String {
        var counters = ""
        var chains = ["in": "", "out": ""]
        for (index, watch) in watches.enumerated() {
            let family = watch.remote.isIPv4 ? "ip" : "ip6"
            for (direction, address) in [("in", "saddr"), ("out", "daddr")] {
                let name = "\(direction)_\(index)"
                counters += "counter \(name) { }\n"
                for port in ["sport", "dport"] {
                    chains[direction, default: ""] += """
                        \(family) \(address) \(watch.remote) meta l4proto \(watch.ipProtocol.rawValue) \
                        th \(port) \(watch.servicePort) counter name \(name) accept

                        """
                }
            }
        }
        return """
            table inet \(table) {
            \(counters)
            chain input { type filter hook input priority 0; policy accept;
            \(chains["in", default: ""]) }
            chain output { type filter hook output priority 0; policy accept;
            \(chains["out", default: ""]) }
            }
            table netdev \(table) {
            counter arrived_ip { }
            counter arrived_ip6 { }
            chain ingress { type filter hook ingress device "\(NetworkLab.Host.interface)" priority 0; policy accept;
            meta protocol ip counter name arrived_ip
            meta protocol ip6 counter name arrived_ip6
            }
            }
            """
    }
}

/// The part of `nft -j list counters` that is read.
private struct Listing: Decodable {
    struct Item: Decodable {
        var counter: Counter?
    }

    struct Counter: Decodable {
        var table: String
        var name: String
        var packets: UInt64
        var bytes: UInt64
    }

    var nftables: [Item]
}
