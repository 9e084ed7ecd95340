// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Traffic

/// What the kernel's packet filter counts at both ends of the wire of a ``WireLab``, before any reassembly.
///
/// In this lab services have ports below ``firstClientPort`` and clients have others. So a packet's ports say which
/// side started its flow, and the counters can be put under the names a meter should put them.
///
/// A packet that a loss takes away (``lose(_:where:)``) has crossed the wire, and has not arrived.
public struct WireCounters: Sendable {
    /// Packets that belong to one flow, in one direction.
    public struct Stream: Hashable, Sendable {
        /// What a packet is to its flow.
        public enum Role: Hashable, Sendable {
            /// A client's, to a service port.
            case toService(UInt16)
            /// A service's, from its port.
            case fromService(UInt16)
            /// An ICMP echo request.
            case echoRequest
            /// An ICMP echo reply.
            case echoReply
            /// Without ports: other protocols, and fragments after the first; but not what the kernel sends by itself to
            /// find neighbours and groups.
            case rest
        }

        /// The sender's address.
        public var source: IPAddress
        /// The receiver's address.
        public var destination: IPAddress
        /// The protocol after all IPv6 extension headers.
        public var ipProtocol: IPProtocol
        /// What the packets are to their flow.
        public var role: Role
    }

    /// What was counted until one moment.
    public struct Reading: Sendable {
        /// Packets that crossed the wire.
        public var crossed: [Stream: PacketCount] = [:]
        /// Those of them that were not lost then.
        public var arrived: [Stream: PacketCount] = [:]
        /// All packets that crossed, ARP and neighbour discovery too.
        public var total = PacketCount.zero

        /// What was counted since `earlier`.
        public func since(_ earlier: Reading) -> Reading {
            Reading(
                crossed: crossed.merging(earlier.crossed) { $0.since($1) },
                arrived: arrived.merging(earlier.arrived) { $0.since($1) },
                total: total.since(earlier.total)
            )
        }
    }

    /// The first port that is a client's.
    public static let firstClientPort: UInt16 = 10_000

    private static let table = "netledger_wire"

    private let ends: [String]
    private let interface: String

    /// Installs the counters in the namespaces at both ends; they vanish with them.
    init(ends: [String], interface: String) throws {
        self.ends = ends
        self.interface = interface
        for end in ends { try Shell.run(["ip", "netns", "exec", end, "nft", Self.ruleset(interface)]) }
    }

    /// Loses packets that cross the wire, from either end.
    ///
    /// - Parameters:
    ///   - rate: How many of 1,000, at random; 0 loses none any more.
    ///   - match: What they are, in the packet filter's language; all packets if empty.
    public func lose(_ rate: Int, where match: String = "") throws {
        let rule =
            rate == 0
            ? "flush chain netdev \(Self.table) lose"
            : "add rule netdev \(Self.table) lose \(match) \(rate < 1000 ? "numgen random mod 1000 < \(rate)" : "") drop"
        for end in ends { try Shell.run(["ip", "netns", "exec", end, "nft", rule]) }
    }

    /// Runs a tool's command at both ends of the wire, with the interface's name in place of `%`.
    public func configure(_ command: [String]) throws {
        for end in ends {
            try Shell.run(["ip", "netns", "exec", end] + command.map { $0 == "%" ? interface : $0 })
        }
    }

    /// What was counted so far.
    ///
    /// - Throws: ``LaunchError`` with what `nft` said, or a decoding error if it was not understood.
    public func read() throws -> Reading {
        var reading = Reading()
        for end in ends {
            let text = try Shell.run([
                "ip", "netns", "exec", end, "nft", "-j", "-n", "list", "table", "netdev", Self.table,
            ])
            for item in try JSONDecoder().decode(WireListing.self, from: Data(text.utf8)).nftables {
                if let total = item.counter { reading.total = reading.total + total.count }
                guard let set = item.set else { continue }
                for element in set.elem ?? [] {
                    guard let stream = Stream(element.elem.val.concat, set: set.name) else {
                        throw LaunchError("nft shows an element that is not understood: \(text)")
                    }
                    if set.name.hasPrefix("crossed") {
                        reading.crossed[stream, default: .zero] =
                            reading.crossed[stream, default: .zero] + element.count
                    } else {
                        reading.arrived[stream, default: .zero] =
                            reading.arrived[stream, default: .zero] + element.count
                    }
                }
            }
        }
        return reading
    }

    /// What the interfaces at both ends received, without 14 bytes of Ethernet header per packet: the sum must be
    /// ``Reading/total``.
    public func interfaceTotal() throws -> PacketCount {
        try ends.map { end in
            let folder = "/sys/class/net/\(interface)/statistics/"
            let text = try Shell.run(["ip", "netns", "exec", end, "cat", folder + "rx_bytes", folder + "rx_packets"])
            let numbers = text.split(separator: "\n").compactMap { UInt64($0) }
            guard numbers.count == 2 else { throw LaunchError("no statistics of \(interface): \(text)") }
            return PacketCount(bytes: numbers[0] - 14 * numbers[1], packets: numbers[1])
        }
        .reduce(.zero, +)
    }

    private static func ruleset(_ interface: String) -> String {
        var sets = ""
        var chains = ""
        for (stage, priority) in [("crossed", 0), ("arrived", 20)] {
            var rules = ""
            for (family, key, echo) in [("ip", "ipv4_addr", "icmp"), ("ip6", "ipv6_addr", "icmpv6")] {
                for kind in ["to", "from", "ping", "pong", "rest"] {
                    let port = kind == "to" || kind == "from" ? " . inet_service" : ""
                    sets += "set \(stage)_\(kind)_\(family) { type \(key) . \(key) . inet_proto\(port); "
                    sets += "flags dynamic; size 4096;\n}\n"
                }
                let pair = "\(family) saddr . \(family) daddr . meta l4proto"
                let packets = "meta protocol \(family)"
                let ports = "\(packets) meta l4proto { tcp, udp } th"
                for (kind, port) in [("to", "dport"), ("from", "sport")] {
                    rules += "\(ports) \(port) < \(firstClientPort) "
                    rules += "update @\(stage)_\(kind)_\(family) { \(pair) . th \(port) counter } accept\n"
                }
                for (kind, type) in [("ping", "echo-request"), ("pong", "echo-reply")] {
                    rules +=
                        "\(packets) \(echo) type \(type) update @\(stage)_\(kind)_\(family) { \(pair) counter } accept\n"
                }
                if family == "ip6" { rules += "icmpv6 type { 130-137, 143 } accept\n" }
                rules += "\(packets) update @\(stage)_rest_\(family) { \(pair) counter } accept\n"
            }
            let total = stage == "crossed" ? "counter name total\n" : ""
            chains += "chain \(stage) { type filter hook ingress device \"\(interface)\" priority \(priority);\n"
            chains += total + rules + "}\n"
        }
        chains += "chain lose { type filter hook ingress device \"\(interface)\" priority 10;\n}\n"
        return "table netdev \(table) {\ncounter total { }\n\(sets)\(chains)}\n"
    }
}

extension WireCounters.Stream {
    /// The stream of an element of one of the filter's sets: source, destination, protocol, and the port if any.
    fileprivate init?(_ parts: [WireListing.Part], set: String) {
        guard
            parts.count >= 3, case .text(let from) = parts[0], case .text(let to) = parts[1],
            case .number(let number) = parts[2], let source = IPAddress(from), let destination = IPAddress(to)
        else { return nil }
        var port: UInt16 = 0
        if parts.count == 4, case .number(let last) = parts[3] { port = UInt16(last) }
        self.source = source
        self.destination = destination
        ipProtocol = IPProtocol(rawValue: UInt8(number))
        switch set.split(separator: "_")[1] {
        case "to": role = .toService(port)
        case "from": role = .fromService(port)
        case "ping": role = .echoRequest
        case "pong": role = .echoReply
        default: role = .rest
        }
    }
}

/// The part of `nft -j -n list table` that is read.
private struct WireListing: Decodable {
    struct Item: Decodable {
        var counter: Count?
        var set: Elements?
    }

    struct Elements: Decodable {
        var name: String
        var elem: [Element]?
    }

    struct Element: Decodable {
        struct Content: Decodable {
            var val: Value
            var counter: Count
        }

        struct Value: Decodable {
            var concat: [Part]
        }

        var elem: Content
        var count: PacketCount { elem.counter.count }
    }

    struct Count: Decodable {
        var packets: UInt64
        var bytes: UInt64
        var count: PacketCount { PacketCount(bytes: bytes, packets: packets) }
    }

    enum Part: Decodable {
        case text(String)
        case number(Int)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // A part is a number or a text, and nothing says which.
            if let number = try? container.decode(Int.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    var nftables: [Item]
}
