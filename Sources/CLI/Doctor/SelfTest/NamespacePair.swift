// SPDX-License-Identifier: Apache-2.0
import CNetwork
import Glibc
import Traffic

/// Two network namespaces, joined by a pair of virtual Ethernet interfaces over which nothing goes but the test.
///
/// Neighbours are entered by hand, multicast and address detection are off, and super-packets are cut before the link,
/// so that the interfaces count what crosses the wire.
final class NamespacePair {
    private let namespaces: [NetworkNamespace]

    private static let interface = "netledger0"

    init() throws {
        namespaces = [try NetworkNamespace(), try NetworkNamespace()]
        try namespaces[0]
            .inside {
                var message = RouteMessage(Int32(RTM_NEWLINK), flags: NLM_F_CREATE | NLM_F_EXCL, ifinfomsg())
                Self.describe(&message, end: 0)
                message.nest(IFLA_LINKINFO) { link in
                    link.add(IFLA_INFO_KIND, name: "veth")
                    link.nest(IFLA_INFO_DATA) { data in
                        data.nest(VETH_INFO_PEER, ifinfomsg()) { peer in
                            Self.describe(&peer, end: 1)
                            peer.add(IFLA_NET_NS_FD, namespaces[1].number)
                        }
                    }
                }
                try message.send("making a pair of virtual interfaces")
            }
        for end in namespaces.indices { try namespaces[end].inside { try Self.configure(end: end) } }
    }

    /// The address of end 0 or 1.
    static func address(_ version: ProbeSocket.Version, end: Int) -> IPAddress {
        switch version {
        // 198.18.0.0/15 and 2001:2::/48 are for measurements (RFC 2544, RFC 5180).
        case .v4: IPAddress(v4: 0xc612_0001 + UInt32(end))
        case .v6: IPAddress(bits: 0x2001_0002 << 96 | UInt128(end + 1))
        }
    }

    /// Makes a socket at an end.
    func socket(_ transport: ProbeSocket.Transport, _ version: ProbeSocket.Version, end: Int) throws -> ProbeSocket {
        try namespaces[end].inside { try ProbeSocket(transport, version) }
    }

    /// What both interfaces have sent and received, once nothing is on its way any more.
    func counters() throws -> NetworkNamespace.Counters {
        let deadline = ContinuousClock.now + .seconds(2)
        var last: [NetworkNamespace.Counters] = []
        while ContinuousClock.now < deadline {
            let now = try namespaces.map { try $0.counters(of: Self.interface) }
            if now == last, now[0].sent == now[1].received, now[1].sent == now[0].received {
                var sum = now[0]
                sum.sent += now[1].sent
                sum.received += now[1].received
                return sum
            }
            last = now
            usleep(2000)
        }
        throw SelfTestError.restless
    }

    private static func hardwareAddress(end: Int) -> [UInt8] {
        // Locally administered.
        [0x02, 0, 0, 0, 0, UInt8(end + 1)]
    }

    private static func describe(_ message: inout RouteMessage, end: Int) {
        message.add(IFLA_IFNAME, name: interface)
        message.add(IFLA_ADDRESS, hardwareAddress(end: end))
        message.add(IFLA_MTU, 1500)
    }

    private static func configure(end: Int) throws {
        let index = if_nametoindex(interface)
        guard index > 0 else { throw SelfTestError.call("finding \(interface)") }
        try switchOffloadsOff()
        var link = ifinfomsg()
        link.ifi_index = Int32(index)
        var quiet = RouteMessage(Int32(RTM_SETLINK), link)
        quiet.nest(IFLA_AF_SPEC) { families in
            families.nest(AF_INET6) { $0.add(IFLA_INET6_ADDR_GEN_MODE, [noLinkLocalAddress]) }
        }
        do {
            // Before it is up: an address of its own making would look for routers, at a moment of its choice.
            try quiet.send("keeping \(interface) quiet")
        } catch SelfTestError.failed {
            // A kernel without IPv6 knows no such setting.
        }
        link.ifi_flags = interfaceUp | interfaceWithoutARP
        link.ifi_change = link.ifi_flags
        try RouteMessage(Int32(RTM_SETLINK), link).send("starting \(interface)")
        for version in ProbeSocket.Version.allCases {
            do {
                try addAddresses(version, end: end, index: index)
            } catch SelfTestError.failed where version == .v6 {
                // Without IPv6 its rows say so.
            }
        }
    }

    private static func addAddresses(_ version: ProbeSocket.Version, end: Int, index: UInt32) throws {
        let family = UInt8(version == .v4 ? AF_INET : AF_INET6)
        var own = ifaddrmsg()
        own.ifa_family = family
        own.ifa_prefixlen = version == .v4 ? 24 : 64
        own.ifa_flags = UInt8(IFA_F_NODAD)
        own.ifa_index = index
        var message = RouteMessage(Int32(RTM_NEWADDR), flags: NLM_F_CREATE | NLM_F_EXCL, own)
        message.add(IFA_LOCAL, address(version, end: end).bytes)
        message.add(IFA_ADDRESS, address(version, end: end).bytes)
        try message.send("adding an address")
        var neighbour = ndmsg()
        neighbour.ndm_family = family
        neighbour.ndm_ifindex = Int32(index)
        neighbour.ndm_state = UInt16(NUD_PERMANENT)
        message = RouteMessage(Int32(RTM_NEWNEIGH), flags: NLM_F_CREATE | NLM_F_REPLACE, neighbour)
        message.add(NDA_DST, address(version, end: 1 - end).bytes)
        message.add(NDA_LLADDR, hardwareAddress(end: 1 - end))
        try message.send("adding a neighbour")
    }

    /// Has the stack cut super-packets before they reach the link, and the receiver not put them together again.
    private static func switchOffloadsOff() throws {
        let control = Glibc.socket(AF_INET, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard control >= 0 else { throw SelfTestError.call("socket") }
        defer { close(control) }
        for command in offloadCommands {
            var value: [UInt32] = [command, 0]
            try value.withUnsafeMutableBytes { value in
                // struct ifreq: a name of 16 bytes, then a pointer; 40 bytes in all.
                var request = Array(interface.utf8)
                request += [UInt8](repeating: 0, count: 16 - request.count)
                let pointer = UInt64(UInt(bitPattern: value.baseAddress))
                withUnsafeBytes(of: pointer) { request += $0 }
                request += [UInt8](repeating: 0, count: 16)
                let status = request.withUnsafeMutableBytes { request in
                    request.baseAddress.map { ioctl(control, ethtoolRequest, $0) } ?? -1
                }
                guard status == 0 else { throw SelfTestError.call("switching segmentation offload off") }
            }
        }
    }

    private static let interfaceUp: UInt32 = 0x1
    private static let interfaceWithoutARP: UInt32 = 0x80
    private static let noLinkLocalAddress: UInt8 = 1
    private static let ethtoolRequest: UInt = 0x8946
    /// TSO, GSO, GRO.
    private static let offloadCommands: [UInt32] = [0x1f, 0x24, 0x2c]
}
