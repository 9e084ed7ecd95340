// SPDX-License-Identifier: Apache-2.0
import CNetwork
import Glibc
import Traffic

/// The addresses that a host holds, those of its network namespace when this was made.
struct HostAddresses: ~Copyable {
    private let descriptor: CInt
    private var buffer = [UInt8](repeating: 0, count: 32_768)

    /// The interface on which kube-proxy in IPVS mode keeps the addresses of all services: what goes to them is passed
    /// on to backends like everywhere else.
    private static let balancer = "kube-ipvs0"

    /// A socket to the kernel's tables of interfaces and addresses.
    ///
    /// - Throws: ``ConntrackError`` if the kernel gives none.
    init() throws(ConntrackError) {
        descriptor = socket(AF_NETLINK, CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue), NETLINK_ROUTE)
        guard descriptor >= 0 else {
            throw ConntrackError("The host's addresses cannot be asked for: \(String(cString: strerror(errno))).")
        }
    }

    deinit {
        close(descriptor)
    }

    /// The addresses that the host answers itself, now.
    ///
    /// - Throws: ``ConntrackError`` if the kernel does not say.
    mutating func read() throws(ConntrackError) -> Set<IPAddress> {
        var balancers: Set<UInt32> = []
        try list(UInt16(RTM_GETLINK), header: 16) { body in
            let name = Attributes(body[from: 16])[UInt32(IFLA_IFNAME)]
            guard let name, name.prefix(while: { $0 != 0 }).elementsEqual(Self.balancer.utf8) else { return }
            balancers.insert(body.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        }
        var addresses: Set<IPAddress> = []
        try list(UInt16(RTM_GETADDR), header: 8) { body in
            guard !balancers.contains(body.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) else { return }
            let attributes = Attributes(body[from: 8])
            // Of a link between two hosts, the first is the own address and the second the other's.
            for type in [IFA_LOCAL, IFA_ADDRESS].map({ UInt32($0) }) {
                guard let length = attributes[type]?.count else { continue }
                if length == 4, let bits = attributes.number(type, as: UInt32.self) {
                    addresses.insert(IPAddress(v4: bits))
                } else if length == 16, let bits = attributes.number(type, as: UInt128.self) {
                    addresses.insert(IPAddress(bits: bits))
                }
                return
            }
        }
        return addresses
    }

    /// Asks for a table, and gives `take` the body of each entry, of `header` bytes or more.
    private mutating func list(_ request: UInt16, header: Int, _ take: (UnsafeRawBufferPointer) -> Void)
        throws(ConntrackError)
    {
        let length = 16 + header
        let head = nlmsghdr(
            nlmsg_len: UInt32(length),
            nlmsg_type: request,
            nlmsg_flags: UInt16(NLM_F_REQUEST | NLM_F_DUMP),
            nlmsg_seq: 1,
            nlmsg_pid: 0
        )
        let message = withUnsafeBytes(of: head) { Array($0) } + [UInt8](repeating: 0, count: header)
        guard send(descriptor, message, length, 0) == length else { throw Self.error() }
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.error() }
            let isDone = buffer.withUnsafeBytes { bytes -> Bool? in
                var rest = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                while rest.count >= 16 {
                    let head = rest.loadUnaligned(as: nlmsghdr.self)
                    let length = Int(head.nlmsg_len)
                    guard (16...rest.count).contains(length) else { return nil }
                    if Int32(head.nlmsg_type) == NLMSG_DONE { return true }
                    if Int32(head.nlmsg_type) == NLMSG_ERROR { return nil }
                    if length >= 16 + header { take(UnsafeRawBufferPointer(rebasing: rest[16..<length])) }
                    rest = rest[from: min((length + 3) & ~3, rest.count)]
                }
                return false
            }
            guard let isDone else { throw Self.error() }
            if isDone { return }
        }
    }

    private static func error() -> ConntrackError {
        ConntrackError("The host's addresses cannot be read: \(String(cString: strerror(errno))).")
    }
}

extension UnsafeRawBufferPointer {
    /// What follows the first `count` bytes.
    fileprivate subscript(from count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[count...])
    }
}
