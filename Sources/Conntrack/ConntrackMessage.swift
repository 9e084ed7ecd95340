// SPDX-License-Identifier: Apache-2.0
import CNetwork
import Traffic

/// What one netlink message of connection tracking says: the connection, and who answers it.
struct ConntrackMessage: Hashable {
    /// The connection as it was opened.
    let original: Connection
    /// The end that really answers; the original's destination if nothing was translated.
    let answering: SocketEnd
    /// True if the connection is tracked no longer.
    let isEnd: Bool

    /// Requests a list of all connections that are tracked, of both families.
    static var listing: [UInt8] {
        let header = nlmsghdr(
            nlmsg_len: 20,
            nlmsg_type: type(IPCTNL_MSG_CT_GET),
            nlmsg_flags: UInt16(NLM_F_REQUEST | NLM_F_DUMP),
            nlmsg_seq: 1,
            nlmsg_pid: 0
        )
        return withUnsafeBytes(of: header) { Array($0) } + [UInt8](repeating: 0, count: 4)
    }

    /// What is in a datagram of the kernel's.
    enum Part: Hashable {
        case message(ConntrackMessage)
        /// The list is complete.
        case done
        /// The kernel refused the request, with this `errno`.
        case refused(CInt)
    }

    /// The messages in `datagram`; what is not understood is left out.
    static func parts(of datagram: UnsafeRawBufferPointer) -> [Part] {
        var parts: [Part] = []
        var rest = datagram
        while rest.count >= MemoryLayout<nlmsghdr>.size {
            let header = rest.loadUnaligned(as: nlmsghdr.self)
            let length = Int(header.nlmsg_len)
            guard (16...rest.count).contains(length) else { break }
            let body = UnsafeRawBufferPointer(rebasing: rest[16..<length])
            switch Int32(header.nlmsg_type) {
            case NLMSG_DONE: parts.append(.done)
            case NLMSG_ERROR where body.count >= 4: parts.append(.refused(-body.loadUnaligned(as: Int32.self)))
            case Int32(type(IPCTNL_MSG_CT_NEW)):
                if let message = ConntrackMessage(body, isEnd: false) { parts.append(.message(message)) }
            case Int32(type(IPCTNL_MSG_CT_DELETE)):
                if let message = ConntrackMessage(body, isEnd: true) { parts.append(.message(message)) }
            default: break
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[min((length + 3) & ~3, rest.count)...])
        }
        return parts
    }

    /// The connection in a message's body; `nil` if it has no ports or lacks a direction.
    init?(_ body: UnsafeRawBufferPointer, isEnd: Bool) {
        guard body.count >= 4 else { return nil }
        let attributes = Attributes(UnsafeRawBufferPointer(rebasing: body[4...]))
        guard
            let original = attributes[CTA_TUPLE_ORIG.rawValue].flatMap(Connection.init(tuple:)),
            let reply = attributes[CTA_TUPLE_REPLY.rawValue].flatMap(Connection.init(tuple:))
        else { return nil }
        self.original = original
        answering = reply.source
        self.isEnd = isEnd
    }

    private static func type(_ message: cntl_msg_types) -> UInt16 {
        UInt16(NFNL_SUBSYS_CTNETLINK << 8) | UInt16(message.rawValue)
    }
}

extension Connection {
    /// The connection in the attribute of one direction; `nil` if it has no addresses or no ports.
    fileprivate init?(tuple: UnsafeRawBufferPointer) {
        let tuple = Attributes(tuple)
        guard
            let ip = tuple[CTA_TUPLE_IP.rawValue].map(Attributes.init),
            let transport = tuple[CTA_TUPLE_PROTO.rawValue].map(Attributes.init),
            let number = transport.number(CTA_PROTO_NUM.rawValue, as: UInt8.self),
            let sourcePort = transport.number(CTA_PROTO_SRC_PORT.rawValue, as: UInt16.self),
            let destinationPort = transport.number(CTA_PROTO_DST_PORT.rawValue, as: UInt16.self)
        else { return nil }
        func address(_ v4: ctattr_ip, _ v6: ctattr_ip) -> IPAddress? {
            ip.number(v4.rawValue, as: UInt32.self).map(IPAddress.init(v4:))
                ?? ip.number(v6.rawValue, as: UInt128.self).map(IPAddress.init(bits:))
        }
        guard
            let source = address(CTA_IP_V4_SRC, CTA_IP_V6_SRC),
            let destination = address(CTA_IP_V4_DST, CTA_IP_V6_DST)
        else { return nil }
        self.init(
            IPProtocol(rawValue: number),
            from: SocketEnd(address: source, port: sourcePort),
            to: SocketEnd(address: destination, port: destinationPort)
        )
    }
}
